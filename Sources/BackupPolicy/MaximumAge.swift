extension DocumentNode {
  /// The value of a key `maximum-age`: how old the newest good point of a source may be before that is a failure to
  /// protect it; a minute to ten years.
  func maximumAge() throws(PolicyError) -> Duration {
    try duration(in: .seconds(60) ... .seconds(3650 * 86_400))
  }
}
