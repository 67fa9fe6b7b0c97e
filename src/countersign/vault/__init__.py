"""The vault: everything that keeps restricted text (names, account numbers) out of clear storage.

Words: a subject is a person or firm whose data may one day be erased; its data key is wrapped by
the key-encryption key of an epoch; to seal and to open are the only two things done with a data
key; to mask is to show a person less than the whole; a token stands for a value elsewhere.

Entry points: `keyset.load_keyset` opens the key material at start, `subjects.SubjectKeys` hands
out data keys, `seal.seal` and `seal.open_sealed` use them, `subjects.SubjectKeys.destroy` erases,
`tokens.Tokens` and `files.SealedFiles` keep values and received files, `classes.class_of` says how
a field must be treated, `blind_index` finds equal values without storing them, `masking` shows.
"""
