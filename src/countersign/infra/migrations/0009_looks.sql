-- Who looked at the parties of a transfer is found by the transfer. A look names it in its command's
-- body alone, which begins with it: an array of two and the number take 10 bytes
-- at most, and one byte more ends the number.

CREATE INDEX command_reveal ON gate.command (substring(body FROM 1 FOR 11)) WHERE kind = 70;
