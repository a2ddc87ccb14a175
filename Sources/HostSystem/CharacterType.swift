import CLinux

/// Makes the C library read and write names as UTF-8 in this process; returns false where it has no such locale.
///
/// Only the character type is set: numbers, dates and messages of the C library stay as they are.
public func setUTF8CharacterType() -> Bool { clinux_set_utf8_ctype() == 0 }
