import BackupModel
import HostSystem
import Synchronization
import Testing

@testable import struct HostSystem.PressureBrake

/// A host whose time passes only by sleeping.
private final class SleepingHost: HostClock {
  private let passed = Mutex(Duration.zero)
  private let pressure = Mutex(0.0)

  func now() -> Timestamp { Timestamp(seconds: elapsed().components.seconds) }
  func elapsed() -> Duration { passed.withLock { $0 } }
  func inodeTime() -> Timestamp { now() }
  func sleep(_ duration: Duration) { passed.withLock { $0 += duration } }
  func setPressure(_ share: Double) { pressure.withLock { $0 = share } }

  func pacer(_ limits: Pacer.Limits) -> Pacer {
    Pacer(
      limits, clock: self, sleep: { self.sleep($0) },
      pressure: { IOPressure(some: self.pressure.withLock { $0 }) })
  }
}

@Suite struct PacerTests {
  @Test(arguments: [1 << 12, 1 << 20, 40 << 20])
  func keepsTheMeanRateWhateverThePieces(piece: Int) {
    let host = SleepingHost()
    let pacer = host.pacer(.init(readRate: .mebibytes(10)))
    var done = 0
    while done < 200 << 20 {
      pacer.didRead(piece)
      done += piece
    }
    let rate = Double(done) / (host.elapsed() / .seconds(1))
    #expect(rate <= Double(10 << 20) * 1.05)
    #expect(rate >= Double(10 << 20) * 0.95)
    #expect(pacer.pausedFor == host.elapsed())
  }

  @Test func limitsReadingAndWritingEachByItself() {
    let host = SleepingHost()
    let pacer = host.pacer(.init(writeRate: .mebibytes(1)))
    pacer.didRead(1 << 30)
    #expect(host.elapsed() == .zero)
    pacer.didWrite(2 << 20)
    #expect(host.elapsed() == .milliseconds(1750))
  }

  @Test func doesNothingWithoutLimits() {
    let host = SleepingHost()
    let pacer = host.pacer(.init())
    host.setPressure(1)
    pacer.didRead(1 << 40)
    pacer.didWrite(1 << 40)
    #expect(host.elapsed() == .zero)
    #expect(Pacer.Limits().areNone)
    #expect(!Pacer.Limits(pressure: 0.4).areNone)
  }

  @Test func slowsDownWhileThePressureIsAboveTheLimitAndRecovers() {
    let host = SleepingHost()
    let pacer = host.pacer(.init(pressure: 0.4))
    func passes(_ count: Int) -> Duration {
      let start = host.elapsed()
      for _ in 0..<count {
        pacer.didRead(1 << 20)
        host.sleep(.milliseconds(500))
      }
      return host.elapsed() - start - .milliseconds(500) * count
    }
    host.setPressure(0.4)
    #expect(passes(10) == .zero)
    host.setPressure(0.9)
    let slow = passes(20)
    #expect(slow > .seconds(10))
    #expect(slow <= .seconds(2) * 20)
    host.setPressure(0.1)
    _ = passes(10)
    #expect(passes(10) == .zero)
  }

  @Test func neverPausesLongerThanTwoSecondsForPressure() {
    var brake = PressureBrake()
    for _ in 0..<50 { brake.adjust(isAbove: true) }
    #expect(brake.pause == .seconds(2))
  }
}

@Suite struct IOPressureTests {
  @Test func readsTheKernelsText() {
    let text = "some avg10=12.50 avg60=1.00 avg300=0.10 total=1\nfull avg10=3.00 avg60=0.00 avg300=0.00 total=1\n"
    #expect(IOPressure(parsing: text)?.some == 0.125)
  }

  @Test(arguments: ["", "full avg10=1.00", "some avg60=1.00", "some avg10=x", "some avg10=-1", "some avg10=101"])
  func readsNothingIntoOtherTexts(text: String) {
    #expect(IOPressure(parsing: text) == nil)
  }
}
