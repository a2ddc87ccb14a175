import ArgumentParser

/// How much is said, and in which form; the same for all commands.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print JSON instead of tables.")
  var json = false

  @Flag(name: [.short, .long], help: "Say more: every warning, not only the first ones.")
  var verbose = false

  @Flag(name: [.short, .long], help: "Say nothing but errors and data.")
  var quiet = false
}
