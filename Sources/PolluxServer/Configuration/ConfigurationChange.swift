import Channels
import Sources

/// What is different in a configuration that was read anew, and what of that a running server can take on.
struct ConfigurationChange {
    /// What can be taken on at once: "limits.eventSize = 4096".
    private(set) var atOnce: [String] = []
    /// What holds from the next start on.
    private(set) var atNextStart: [String] = []
    /// The running configuration with what can be taken on.
    private(set) var configuration: ServerConfiguration

    init(from running: ServerConfiguration, to wanted: ServerConfiguration) {
        self.configuration = running
        for setting in Setting.all where setting.current(wanted) != setting.current(running) {
            let text = "\(setting.key) = \(setting.current(wanted))"
            if setting.isLive {
                setting.adopt(wanted, &self.configuration)
                self.atOnce.append(text)
            } else {
                self.atNextStart.append(text)
            }
        }
        // Keys lie in files, too: they are read anew whatever the document says.
        self.configuration.access = wanted.access
        self.atOnce += zip(AccessSection.names, zip(wanted.access.document, running.access.document)).compactMap {
            $1.0 == $1.1 ? nil : $0
        }
        if wanted.listen != running.listen { self.atNextStart.append("listen") }
        if wanted.ledgerSettings.retention != running.ledgerSettings.retention { self.atNextStart.append("retention") }
        if wanted.sources != running.sources { self.atNextStart.append("sources") }
    }
}
