import BackupModel
import Testing

@testable import BackupCatalog

@Suite struct PauseTests {
  private let scene: CatalogScene
  private let pauses: PauseSwitch
  private var clock: StandingClock { scene.clock }

  init() throws {
    scene = try CatalogScene()
    pauses = try scene.open().pauses
  }

  @Test func isInForceUntilItsEndAndRememberedAfter() throws {
    #expect(try pauses.current() == nil)
    #expect(try pauses.last() == nil)
    let pause = try pauses.pause(until: clock.now().adding(seconds: 7200), because: "new disk", by: "root (anna)")
    #expect(try pauses.current() == pause)
    #expect(try scene.open().pauses.current()?.reason == "new disk")
    clock.advance(seconds: 7199)
    #expect(try pauses.current() == pause)
    #expect(try pauses.current(at: clock.now().adding(seconds: 1)) == nil)
    clock.advance(seconds: 1)
    #expect(try pauses.current() == nil)
    #expect(try pauses.last() == pause)
    #expect(try pauses.unpause() == nil)
    #expect(try pauses.last()?.ended == nil)
  }

  @Test func endsWhenItIsEnded() throws {
    let pause = try pauses.pause(until: clock.now().adding(seconds: 7200), because: "new disk", by: "anna")
    clock.advance(seconds: 60)
    #expect(try pauses.unpause() == pause)
    #expect(try pauses.current() == nil)
    #expect(try pauses.unpause() == nil)
    #expect(try pauses.last()?.ended == clock.now())
  }

  @Test func replacesThePauseThatIsInForce() throws {
    try pauses.pause(until: clock.now().adding(seconds: 7200), because: "long", by: "anna")
    clock.advance(seconds: 10)
    let short = try pauses.pause(until: clock.now().adding(seconds: 60), because: "short", by: "ben")
    #expect(try pauses.current() == short)
    #expect(try pauses.history().map(\.ended) == [nil, clock.now()])
    clock.advance(seconds: 60)
    #expect(try pauses.current() == nil)
    #expect(try pauses.history().map(\.reason) == ["short", "long"])
  }
}
