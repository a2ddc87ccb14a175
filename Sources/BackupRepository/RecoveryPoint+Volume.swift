public import BackupModel

extension RecoveryPoint {
  /// The volume that a point was made of: which one, as which snapshot, and how it was read (`docs/format.md`, section 8).
  public struct Volume: Codable, Hashable, Sendable {
    /// What of a volume a point holds.
    public enum Mode: String, Codable, Hashable, Sendable {
      /// Its blocks, as the one file `volume.img`.
      case image
      /// The files of its file system.
      case files
    }

    /// Which blocks of an image were read.
    public enum Reading: String, Codable, Hashable, Sendable {
      /// All that were mapped; there was no earlier point.
      case mapped
      /// Those that may differ from the base; all others were taken over from it.
      case changed
      /// All that were mapped, although there was an earlier point; the reason says why.
      case full
    }

    /// What was done about encryption.
    public enum Encryption: String, Codable, Hashable, Sendable {
      /// There is none.
      case none
      /// The volume is encrypted, and the point holds what is on it.
      case closed
      /// The volume is encrypted, and the point holds what it decrypts to.
      case opened
    }

    /// The claim of a cluster that the volume belongs to.
    public struct Claim: Codable, Hashable, Sendable {
      /// The claim's namespace.
      public var namespace: String
      /// Its name in it.
      public var name: String

      /// Names a claim.
      public init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
      }
    }

    /// What reading blocks again that a difference calls the same has shown.
    public struct Audit: Codable, Hashable, Sendable {
      /// How many bytes were read and compared with the base.
      public var bytes: Int64
      /// How many blocks of them weren't the same.
      public var differing: Int

      /// Records an audit.
      public init(bytes: Int64, differing: Int) {
        self.bytes = bytes
        self.differing = differing
      }
    }

    /// A LUKS header as far as it decides what blocks of plaintext are: with another one, nothing is the same.
    public struct LUKS: Codable, Hashable, Sendable {
      /// The header's UUID.
      public var uuid: String
      /// Where the data begin on the volume, in bytes.
      public var offset: Int64
      /// The length of the data in bytes; nil if they reach to the volume's end.
      public var size: Int64?
      /// Bytes of a sector of the encryption.
      public var sectorSize: Int64
      /// The cipher and its mode.
      public var encryption: String
      /// What is added to the number of a sector.
      public var vectorTweak: UInt64
      /// The digest of the volume key.
      public var keyDigest: String

      /// Gathers what decides.
      public init(
        uuid: String, offset: Int64, size: Int64?, sectorSize: Int64, encryption: String, vectorTweak: UInt64,
        keyDigest: String
      ) {
        self.uuid = uuid
        self.offset = offset
        self.size = size
        self.sectorSize = sectorSize
        self.encryption = encryption
        self.vectorTweak = vectorTweak
        self.keyDigest = keyDigest
      }
    }

    /// The volume group.
    public var group: String
    /// The volume's name in its group.
    public var name: String
    /// What the point holds.
    public var mode: Mode
    /// The snapshot that was read.
    public var snapshot: Snapshot?
    /// The claim that the volume belongs to, if it is known.
    public var claim: Claim?
    /// What was done about encryption.
    public var encryption: Encryption
    /// The LUKS header through which the image was read, if it was opened.
    public var luks: LUKS?
    /// Bytes of a block of the image.
    public var blockSize: Int64?
    /// Which blocks of the image were read.
    public var read: Reading?
    /// The point whose blocks were taken over.
    public var base: RecoveryPointID?
    /// Why the image was compared in full.
    public var reason: String?
    /// What an audit of the difference has shown, if there was one.
    public var audit: Audit?

    /// How an image was read, as the end of a sentence; empty for files.
    public var readingText: String {
      switch read {
      case nil: ""
      case .mapped: reason.map { "; all of it: \($0)" } ?? "; all that is mapped"
      case .changed: base.map { "; what changed since \($0)" } ?? ""
      case .full: "; compared in full" + (reason.map { ": \($0)" } ?? "")
      }
    }

    /// Describes a volume; how an image was read is filled in by its archive.
    public init(
      group: String, name: String, mode: Mode, snapshot: Snapshot? = nil, claim: Claim? = nil,
      encryption: Encryption = .none
    ) {
      self.group = group
      self.name = name
      self.mode = mode
      self.snapshot = snapshot
      self.claim = claim
      self.encryption = encryption
    }
  }
}
