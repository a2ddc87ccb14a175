public import BackupModel
import Glibc

/// How far the local time zone is ahead of UTC at an instant, in seconds; 0 if it isn't known.
public func localUTCOffset(at time: Timestamp) -> Int {
  var seconds = time_t(time.seconds)
  var parts = tm()
  guard localtime_r(&seconds, &parts) != nil else { return 0 }
  return parts.tm_gmtoff
}
