import Logging
import PolluxServer
import ServiceLifecycle
import UnixSignals
import HTTPServing

var configuration = ServerConfiguration()
let arguments = CommandLine.arguments
configuration.http.port = Int(arguments[1]) ?? 8080
configuration.loops = Int(arguments[2]) ?? 1
configuration.http.limits.connections = OpenFiles.raiseLimit() - 256
let logger = Logger(label: "pollux")
let server = PolluxServer(configuration, logger: logger)
let group = ServiceGroup(configuration: .init(services: [.init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
try await group.run()
