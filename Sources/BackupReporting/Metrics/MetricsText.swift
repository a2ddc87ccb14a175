/// Metrics in the text exposition format of Prometheus, version 0.0.4.
///
/// The format: <https://prometheus.io/docs/instrumenting/exposition_formats/>. A page has no times of samples, since
/// neither the textfile collector nor the Pushgateway accepts them.
public struct MetricsText: Hashable, Sendable {
  /// The page, ended by a line feed.
  public let text: String

  /// What an HTTP request says of the page.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// Renders the metrics of a report.
  public init(_ report: HostReport) { self.init(report.metricSamples) }

  init(_ samples: [MetricSample]) {
    var page = ""
    var current: Metric?
    for sample in samples {
      if sample.metric != current {
        page += "# HELP \(sample.metric.name) \(Self.escapedHelp(sample.metric.help))\n"
        page += "# TYPE \(sample.metric.name) gauge\n"
        current = sample.metric
      }
      page += "\(sample.metric.name)\(Self.labels(sample)) \(Self.number(sample.value))\n"
    }
    text = page
  }

  private static func labels(_ sample: MetricSample) -> String {
    guard !sample.labelValues.isEmpty else { return "" }
    let pairs = zip(sample.metric.labels, sample.labelValues).map { "\($0)=\"\(escapedLabel($1))\"" }
    return "{\(pairs.joined(separator: ","))}"
  }

  /// A label's value between its quotes: backslash, quote and line feed are escaped, all else stands for itself.
  static func escapedLabel(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private static func escapedHelp(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
  }

  private static func number(_ value: MetricSample.Value) -> String {
    switch value {
    case .integer(let number): return String(number)
    case .real(let number):
      // A whole number reads better without its fraction; beyond 2^53 there is none.
      return number == number.rounded() && abs(number) < 9e15 ? String(Int64(number)) : String(number)
    }
  }
}
