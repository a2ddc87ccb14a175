import FoundationEssentials
import HostSystem
import Testing

struct ExportTableTests {
  @Test func listsEachDirectoryOnceWhateverIsInItsName() {
    let table = ExportTable(
      parsing: Array(
        "/srv/nfs/photos\t10.0.0.0/24(rw,sync)\n/srv/nfs/photos\t*(ro)\n/srv/with\\040space\thost(rw)\nno path\n".utf8))
    #expect(table.directories == ["/srv/nfs/photos", "/srv/with space"].map { PathBytes(path: $0) })
  }

  @Test func isEmptyWhereThereIsNoList() throws {
    #expect(try ExportTable.current(at: PathBytes(path: "/nonexistent/etab")).directories.isEmpty)
  }

  @Test func failsWhenTheListCannotBeRead() {
    #expect(throws: SystemError.self) { try ExportTable.current(at: PathBytes(path: "/etc")) }
  }
}
