import BackupModel
import HostSystem

/// The value of a metric for one set of labels.
public struct MetricSample: Hashable, Sendable {
  /// A number as the text format writes it.
  public enum Value: Hashable, Sendable {
    /// A whole number.
    case integer(Int64)
    /// Any finite number.
    case real(Double)
  }

  /// Which metric.
  public let metric: Metric
  /// The values of its labels, in the order of ``Metric/labels``.
  public let labelValues: [String]
  /// The value.
  public let value: Value

  init(_ metric: Metric, _ labelValues: [String] = [], _ value: Value) {
    self.metric = metric
    self.labelValues = labelValues
    self.value = value
  }
}

/// Gathers samples; what isn't known gives none.
struct MetricSamples {
  private(set) var all: [MetricSample] = []

  mutating func add(_ metric: Metric, of labels: [String] = [], _ count: Int?) {
    if let count { all.append(MetricSample(metric, labels, .integer(Int64(count)))) }
  }

  mutating func add(_ metric: Metric, of labels: [String] = [], _ flag: Bool) { add(metric, of: labels, flag ? 1 : 0) }

  mutating func add(_ metric: Metric, of labels: [String] = [], _ bytes: ByteCount?) {
    if let bytes { all.append(MetricSample(metric, labels, .integer(bytes.bytes))) }
  }

  mutating func add(_ metric: Metric, of labels: [String] = [], _ time: Timestamp?) {
    if let time { all.append(MetricSample(metric, labels, .integer(time.seconds))) }
  }

  mutating func add(_ metric: Metric, of labels: [String] = [], _ duration: Duration?) {
    if let duration { all.append(MetricSample(metric, labels, .real(duration.inSeconds))) }
  }

  mutating func add(_ metric: Metric, of labels: [String] = [], real number: Double?) {
    if let number { all.append(MetricSample(metric, labels, .real(number))) }
  }

  /// One sample for each word, 1 for the one that holds.
  mutating func add(_ metric: Metric, of labels: [String] = [], oneOf words: [String], is holding: String) {
    for word in words { add(metric, of: labels + [word], word == holding) }
  }
}
