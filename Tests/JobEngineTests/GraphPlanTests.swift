import Foundation
import Testing

@testable import JobEngine

@Suite struct GraphPlanTests {
  static func weekly(budget: Duration? = nil) throws -> GraphPlan {
    let graph = try JobGraph(
      jobs: [
        JobNode("freeze"),
        JobNode(
          "volumes", needs: [.of("freeze")], resources: ["pool-disk"], timeout: .seconds(7200),
          retry: RetryPolicy(attempts: 2, backoff: .seconds(60))),
        JobNode("nfs", resources: ["pool-disk"]),
        JobNode("verify", needs: [.of("volumes"), .of("nfs")]),
        JobNode("retention", needs: [.after("verify")], condition: .always),
        JobNode("repair", needs: [.after("verify")], condition: .failure),
      ], capacities: ["pool-disk": 1], budget: budget)
    return GraphPlan(
      "weekly", graph: graph,
      tasks: [
        "freeze": [GraphPlan.Task("pvc/web", lastResult: "succeeded", staleness: .seconds(9), estimate: .seconds(2))],
        "nfs": [
          GraphPlan.Task("nfs/immich", lastResult: "degraded", staleness: .seconds(7), estimate: .seconds(900)),
          GraphPlan.Task("nfs/new"),
        ],
        "retention": [GraphPlan.Task("all", lastResult: "succeeded", staleness: .seconds(1), estimate: .seconds(30))],
        "repair": [],
      ])
  }

  @Test func drawsATreeOfJobsBeneathWhatTheyWaitFor() throws {
    let expected = """
      weekly  [6 jobs; at least 15m 30s]
      ├─ freeze
      │  ├─ • pvc/web  (succeeded; about 2s)
      │  └─ volumes  [of freeze; uses pool-disk; timeout 2h; up to 2 attempts; tasks not known yet]
      └─ nfs  [uses pool-disk]
         ├─ • nfs/immich  (degraded; about 15m)
         ├─ • nfs/new  (never done)
         └─ verify  [of volumes, nfs; tasks not known yet]
            ├─ retention  [after verify; when always]
            │  └─ • all  (succeeded; about 30s)
            └─ repair  [after verify; when failure]
      """
    #expect(PlanTree(try Self.weekly()).lines().joined(separator: "\n") == expected)
  }

  @Test func saysWhenTheBudgetWillNotBeEnough() throws {
    let lines = PlanTree(try Self.weekly(budget: .seconds(600))).lines(tasksShown: 1)
    #expect(lines.first == "weekly  [6 jobs; at least 15m 30s; budget 10m, which will not be enough]")
    #expect(lines.contains("   ├─ • and 1 more"))
  }

  @Test func writesMermaid() throws {
    let expected = """
      flowchart TD
        j0["freeze<br/>1 task<br/>pvc/web: succeeded#59; about 2s"]
        j1["volumes<br/>tasks not known yet<br/>uses pool-disk"]
        j2["nfs<br/>2 tasks<br/>uses pool-disk<br/>nfs/immich: degraded#59; about 15m<br/>and 1 more"]
        j3["verify<br/>tasks not known yet"]
        j4(["retention<br/>1 task<br/>all: succeeded#59; about 30s"])
        j5{{"repair<br/>0 tasks"}}
        j0 -->|of| j1
        j1 -->|of| j3
        j2 -->|of| j3
        j3 -.->|after| j4
        j3 -.->|after| j5

      """
    #expect(PlanDiagram(try Self.weekly(), tasksShown: 1).mermaid == expected)
  }

  @Test func writesDOT() throws {
    let expected = #"""
      digraph "weekly" {
        rankdir=TB;
        node [shape=box];
        j0 [label="freeze\n1 task\npvc/web: succeeded; about 2s"];
        j1 [label="volumes\ntasks not known yet\nuses pool-disk"];
        j2 [label="nfs\n2 tasks\nuses pool-disk\nnfs/immich: degraded; about 15m\nand 1 more"];
        j3 [label="verify\ntasks not known yet"];
        j4 [label="retention\n1 task\nall: succeeded; about 30s", style=rounded];
        j5 [label="repair\n0 tasks", shape=hexagon];
        j0 -> j1 [label="of"];
        j1 -> j3 [label="of"];
        j2 -> j3 [label="of"];
        j3 -> j4 [label="after", style=dashed];
        j3 -> j5 [label="after", style=dashed];
      }

      """#
    #expect(PlanDiagram(try Self.weekly(), tasksShown: 1).dot == expected)
  }

  /// A plan whose names try to break out of every label.
  private func hostile() throws -> GraphPlan {
    let name = "a\"]; end --> b\\ <b>&amp;#35;`\n}"
    return GraphPlan(
      name, graph: try JobGraph(jobs: [JobNode(name)]), tasks: [name: [GraphPlan.Task(name, lastResult: name)]])
  }

  @Test func escapesWhateverCouldEndALabel() throws {
    let plan = try hostile()
    let escaped = "a#34;]#59; end --#62; b#92; #60;b#62;#38;amp#59;#35;35#59;#96; }"
    #expect(
      PlanDiagram(plan).mermaid == "flowchart TD\n  j0[\"\(escaped)<br/>1 task<br/>\(escaped): \(escaped)\"]\n")
    #expect(PlanDiagram(plan).dot.hasPrefix(#"digraph "a\"]; end --> b\\ <b>&amp;amp;#35;` }" {"#))
  }

  @Test func writesDOTThatGraphvizReadsIfItIsInstalled() throws {
    let text = PlanDiagram(try hostile()).dot
    let dot = ["/usr/bin/dot", "/usr/local/bin/dot"].first { FileManager.default.isExecutableFile(atPath: $0) }
    guard let dot else {
      // Without Graphviz: every quotation mark that isn't escaped opens or closes a string, and none stays open.
      for line in text.split(separator: "\n") {
        let bare = line.replacing(#"\\"#, with: "").replacing(#"\""#, with: "")
        #expect(bare.count { $0 == "\"" }.isMultiple(of: 2), "\(line)")
      }
      return
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: dot)
    process.arguments = ["-Tcanon"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try input.fileHandleForWriting.close()
    _ = try output.fileHandleForReading.readToEnd()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func encodesAsData() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let graph = try JobGraph(
      jobs: [JobNode("nfs", resources: ["disk"], timeout: .milliseconds(1500))], capacities: ["disk": 2])
    let plan = GraphPlan(
      "nightly", graph: graph,
      tasks: ["nfs": [GraphPlan.Task("nfs/a", lastResult: "ok", staleness: .seconds(5), estimate: .seconds(60))]])
    let text = String(decoding: try encoder.encode(PlanDocument(plan)), as: UTF8.self)
    #expect(
      text == #"{"estimateIsComplete":true,"estimateSeconds":60,"jobs":[{"after":[],"attempts":1,"name":"nfs","of":[],"#
        + #""tasks":[{"estimateSeconds":60,"lastResult":"ok","stalenessSeconds":5,"subject":"nfs/a"}],"#
        + #""timeoutSeconds":1.5,"uses":["disk"],"when":"success"}],"resources":{"disk":2},"title":"nightly"}"#)
  }
}
