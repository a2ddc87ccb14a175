/// The text of a small file by which the kernel tells something, such as one of `/proc`.
///
/// - Returns: nil if there is no such file or it can't be read: then the kernel doesn't tell.
func kernelText(_ path: String) -> String? {
  do throws(SystemError) {
    let bytes = try OpenFile.open(Array(path.utf8), .readOwn).contents(at: 0, count: 64 << 10)
    return String(decoding: bytes, as: UTF8.self)
  } catch {
    return nil
  }
}
