"""Received files, kept as they came and sealed: a file holds the data of many people at once.

Each file has a data key of its own, whose subject is the file's id; erasing that subject erases
the file. Its name is kept only as a blind index, to notice that a name comes a second time.
"""

from countersign.kernel.ids import id_text
from countersign.vault import store
from countersign.vault.blind_index import blind_index
from countersign.vault.errors import UnknownFile
from countersign.vault.seal import Place, open_sealed, seal
from countersign.vault.store import Connection, FileRow
from countersign.vault.subjects import SubjectKeys


class SealedFiles:
    """Keeps and gives back received files, in the caller's transaction."""

    def __init__(self, subject_keys: SubjectKeys) -> None:
        self._subject_keys = subject_keys

    def keep(self, connection: Connection, *, file_id: bytes, name: str, content: bytes) -> None:
        """Seal the content under a new id from `kernel.ids.new_id`."""
        key = self._subject_keys.ensure([file_id])[file_id]
        index_key = self._subject_keys.keyset.blind_index
        sealed = seal(
            key.aead,
            instance=self._subject_keys.instance,
            place=_PLACE,
            row=file_id,
            subject=file_id,
            epoch=key.epoch,
            plaintext=content,
        )
        row = FileRow(
            id=file_id,
            name_hash=blind_index(index_key.current, _NAME_KIND, name),
            name_hash_version=index_key.current_version,
            content=sealed,
        )
        store.add_file(connection, row)

    def read(self, connection: Connection, file_id: bytes) -> bytes:
        """Give the content back; whoever calls this has checked that the actor may see it."""
        row = store.read_file(connection, file_id)
        if row is None:
            raise UnknownFile(file=id_text(file_id))
        return open_sealed(
            self._subject_keys.find([file_id])[file_id].aead,
            instance=self._subject_keys.instance,
            place=_PLACE,
            row=file_id,
            subject=file_id,
            sealed=row.content,
        )

    def ids_named(self, connection: Connection, name: str) -> list[bytes]:
        """List the files received under this name, oldest first."""
        index_key = self._subject_keys.keyset.blind_index
        hashes = [blind_index(index_key.key(v), _NAME_KIND, name) for v in index_key.versions]
        return store.files_by_name(connection, hashes)


_PLACE = Place("vault.sealed_file.content")
_NAME_KIND = "file.name"
