import HostSystem
import Testing

struct MountTableTests {
  private let table = MountTable(
    parsing: Array(
      """
      21 1 254:0 / / rw,relatime - ext4 /dev/vda rw
      30 21 253:7 / /srv/nfs rw,relatime shared:5 - ext4 /dev/mapper/pve-nfs--data rw
      31 21 253:7 /photos /mnt/main/photos rw,relatime shared:5 - ext4 /dev/mapper/pve-nfs--data rw
      32 21 0:44 / /mnt/with\\040space rw - tmpfs tmpfs rw
      33 21 253:9 /part /mnt/orphan rw - ext4 /dev/mapper/x rw
      not a line of mountinfo
      """.utf8))

  @Test(arguments: [
    ("/etc", "/"), ("/srv/nfs", "/srv/nfs"), ("/srv/nfs/a", "/srv/nfs"), ("/srv/nfs2", "/"),
    ("/mnt/main/photos/2026", "/mnt/main/photos"), ("/mnt/with space/x", "/mnt/with space"),
  ])
  func findsTheMountThatHoldsAPath(_ path: String, _ mountPoint: String) {
    #expect(table.mount(holding: Array(path.utf8))?.mountPoint == Array(mountPoint.utf8))
  }

  @Test(arguments: [
    ("/mnt/main/photos", "/srv/nfs/photos"), ("/mnt/main/photos/2026", "/srv/nfs/photos/2026"),
    ("/srv/nfs/photos", "/srv/nfs/photos"), ("/mnt/orphan/x", "/mnt/orphan/x"), ("/etc", "/etc"),
  ])
  func leadsOutOfABindMountIfTheWholeFileSystemIsMounted(_ path: String, _ expected: String) {
    #expect(table.withoutBindMount(Array(path.utf8)) == Array(expected.utf8))
  }

  @Test func readsTheTableOfThisProcess() throws {
    #expect(try MountTable.current().mount(holding: [0x2F])?.mountPoint == [0x2F])
  }
}
