/// The candidate that a mistyped word most likely meant.
///
/// Distance is Damerau–Levenshtein in the optimal-string-alignment form (a neighbouring swap counts once).
///
/// - Returns: the nearest candidate within a third of the word's length (at least 2 edits), or nil.
public func nearestName(to word: String, among candidates: some Sequence<String>) -> String? {
  var best: (name: String, distance: Int)?
  let limit = max(2, word.count / 3)
  for candidate in candidates.sorted() {
    let distance = editDistance(Array(word.lowercased()), Array(candidate.lowercased()))
    if distance <= limit, distance < (best?.distance ?? .max) { best = (candidate, distance) }
  }
  return best?.name
}

private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
  var beforePrevious = [Int](repeating: 0, count: right.count + 1)
  var previous = Array(0...right.count)
  for row in 0..<left.count {
    var current = [row + 1] + [Int](repeating: 0, count: right.count)
    for column in 0..<right.count {
      let substitution = previous[column] + (left[row] == right[column] ? 0 : 1)
      var cost = min(substitution, previous[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
        cost = min(cost, beforePrevious[column - 1] + 1)
      }
      current[column + 1] = cost
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.count]
}
