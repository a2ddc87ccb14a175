/// A table of text: a header, and columns as wide as their widest cell.
struct TextTable {
  /// Where the text of a column stands.
  enum Alignment {
    case left, right
  }

  private let columns: [(title: String, alignment: Alignment)]
  private var rows: [[String]] = []

  /// Begins a table.
  init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

  /// Adds a row with one cell for each column.
  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// The lines, without spaces at their ends; only the header if there are no rows.
  var lines: [String] {
    let all = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      var line = ""
      for column in columns.indices {
        let cell = row[column]
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        if column > 0 { line += "  " }
        line += columns[column].alignment == .left ? cell + padding : padding + cell
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
