"""Checks of the key: it is there, nobody else can read it, and it opens the keyset."""

from countersign.entrypoints.backup.keys import key_path
from countersign.entrypoints.doctor.model import Level, Site, Verdict, fine, refused
from countersign.entrypoints.installation import protector_of
from countersign.kernel.refusal import Refusal
from countersign.vault.errors import KeyFileMissing, KeyFileOfAnother, WeakPassphrase
from countersign.vault.protectors import KeyFileProtector


def key_file(site: Site) -> Verdict | None:
    """The key can be read by this user alone, outside the data folder."""
    if site.settings is None:
        return None
    path = key_path(site.settings)
    if not path.exists():
        return refused(KeyFileMissing(path=str(path))) if site.installation else None
    try:
        protector = protector_of(site.settings)
        protection = protector.new_protection()
        if isinstance(protector, KeyFileProtector):
            protector.key(protection)
    except WeakPassphrase as refusal:
        return refused(refusal, Level.WARN)
    except KeyFileOfAnother as refusal:
        # Where the folder is that user's too, nothing is wrong but who asks.
        is_of_owner = refusal.details["uid"] == site.data_dir.stat().st_uid
        return refused(refusal, Level.WARN if is_of_owner else Level.FAIL)
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
    except KeyFileOfAnother:
        return None
    except Refusal as refusal:
        return refused(refusal)
    return fine("The key opens the keyset.", "金鑰可開啟金鑰組。")
