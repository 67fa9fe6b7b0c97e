"""Checks of the key: it is there, nobody else can read it, and it opens the keyset."""

from countersign.entrypoints.backup.keys import key_path
from countersign.entrypoints.doctor.model import Level, Site, Verdict, fault, fine, refused
from countersign.entrypoints.installation import protector_of
from countersign.kernel.refusal import Refusal
from countersign.vault.errors import WeakPassphrase
from countersign.vault.protectors import KeyFileProtector


def key_file(site: Site) -> Verdict | None:
    """The key can be read by this user alone, outside the data folder."""
    if site.settings is None:
        return None
    path = key_path(site.settings)
    if not path.exists():
        return _missing(str(path)) if site.installation else None
    try:
        protector = protector_of(site.settings)
        protection = protector.new_protection()
        if isinstance(protector, KeyFileProtector):
            protector.key(protection)
    except WeakPassphrase as refusal:
        return refused(refusal, Level.WARN)
    except Refusal as refusal:
        return refused(refusal)
    return fine(
        f"The key {path} is there, private, and outside the data folder. Keep a copy elsewhere.",
        f"金鑰 {path} 存在、僅擁有者可讀，且位於資料夾之外。請另存一份複本。",
    )


def keyset(site: Site) -> Verdict | None:
    """The key opens the keyset."""
    # Without a key that can be read there is nothing to try.
    found = key_file(site)
    if site.installation is None or found is None or found.level == Level.FAIL:
        return None
    try:
        site.installation.keyset()
    except Refusal as refusal:
        return refused(refusal)
    return fine("The key opens the keyset.", "金鑰可開啟金鑰組。")


def _missing(path: str) -> Verdict:
    return fault(
        f"The key {path} is missing. Put it back from its copy, or name it in"
        " COUNTERSIGN_KEY_FILE; without it nothing that is sealed can be read.",
        f"缺少金鑰 {path}。請從複本放回，或以 COUNTERSIGN_KEY_FILE 指定；"
        "沒有它便無法讀取任何封存內容。",
    )
