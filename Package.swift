// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// What others keep well, a constant for each module that is used.
extension Target.Dependency {
    static let deque = product(name: "DequeModule", package: "swift-collections")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let grdbSQLite = product(name: "GRDBSQLite", package: "GRDB.swift")
    static let logging = product(name: "Logging", package: "swift-log")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioTLS = product(name: "NIOTLS", package: "swift-nio")
    static let nioHPACK = product(name: "NIOHPACK", package: "swift-nio-http2")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioHTTP2 = product(name: "NIOHTTP2", package: "swift-nio-http2")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
    static let configuration = product(name: "Configuration", package: "swift-configuration")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
}

extension Target {
    static func ours(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
        .target(name: name, dependencies: dependencies, swiftSettings: settings)
    }

    static func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
        .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
    }
}

let package = Package(
    name: "pollux",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .ours("JSON", ["CJansson"]),
        .ours("EventStream"),
        .ours("Channels", [.deque]),
        .ours("SQLiteLedger", ["Channels", .deque, .grdb, .grdbSQLite, .logging]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .ours("Outbound", ["CCurl", .deque]),
        .ours("Files"),
        .ours("TLS", ["COpenSSL", "Files", .nioCore, .nioTLS]),
        .ours(
            "HTTPServing",
            ["JSON", "TLS", .deque, .logging, .nioCore, .nioHPACK, .nioHTTP1, .nioHTTP2, .nioTLS, .nioPosix]),
        .ours("Fanout", ["Channels", "EventStream", "JSON", .deque, .nioCore]),
        .ours("Access", ["Channels", "COpenSSL", "HTTPServing", "JSON", "Outbound"]),
        .ours(
            "Doors",
            [
                "Access", "Channels", "EventStream", "Fanout", "HTTPServing", "JSON", .logging, .nioCore, .nioHTTP1,
                .nioPosix,
            ]),
        .ours("Sources", ["Channels", .logging, .serviceLifecycle]),
        .ours(
            "PolluxServer",
            [
                "Access", "Sources", "Channels", "Doors", "Fanout", "Files", "HTTPServing", "JSON", "Outbound",
                "SQLiteLedger", "TLS",
                .configuration, .logging, .nioCore, .nioHTTP1, .nioPosix, .serviceLifecycle, .unixSignals,
            ]),
        .ours("PolluxClient", ["EventStream", "JSON", "TLS", .nioCore, .nioHTTP1, .nioPosix]),
        .ours("LoadGenerator", ["JSON", "PolluxClient", "TLS", .nioCore, .nioHPACK, .nioHTTP2, .nioPosix]),
        .executableTarget(
            name: "pollux",
            dependencies: [
                "Access", "Channels", "Doors", "Files", "HTTPServing", "LoadGenerator", "PolluxClient", "PolluxServer",
                "SQLiteLedger", "TLS",
                .argumentParser,
                .logging,
                .serviceLifecycle,
                .unixSignals,
            ],
            swiftSettings: settings),

        .target(
            name: "TestSupport", dependencies: ["Channels"], path: "Tests/TestSupport", swiftSettings: settings),
        .tests("ChannelsTests", ["Channels", "SQLiteLedger", "TestSupport", .deque]),
        .testTarget(
            name: "SQLiteLedgerTests", dependencies: ["Channels", "SQLiteLedger", "TestSupport", .grdb, .logging],
            exclude: ["Fixtures"], swiftSettings: settings),
        .tests("JSONTests", ["JSON", "TestSupport"]),
        .tests("EventStreamTests", ["EventStream", "TestSupport"]),
        .tests(
            "TLSTests",
            ["COpenSSL", "TLS", "TestSupport", .nioCore, .nioEmbedded, .nioHTTP1, .nioHTTP2, .nioPosix, .nioTLS]),
        .tests(
            "HTTPServingTests",
            [
                "HTTPServing", "JSON", "TLS", "TestSupport", .logging, .nioCore, .nioEmbedded, .nioHPACK, .nioHTTP1,
                .nioHTTP2, .nioPosix,
            ]),
        .tests("FanoutTests", ["Channels", "EventStream", "Fanout", "JSON", "TestSupport", .nioCore]),
        .tests("OutboundTests", ["Outbound", .nioCore, .nioPosix]),
        .tests("AccessTests", ["Access", "Channels", "JSON", "HTTPServing", "Outbound", "TestSupport"]),
        .tests(
            "DoorsTests",
            [
                "Access", "Channels", "Doors", "EventStream", "Fanout", "HTTPServing", "JSON", "TestSupport", .logging,
                .nioCore,
                .nioEmbedded, .nioHTTP1, .nioPosix,
            ]),
        .tests(
            "PolluxServerTests",
            [
                "Access", "Channels", "Doors", "Files", "HTTPServing", "JSON", "PolluxServer", "TLS", "TestSupport",
                .logging,
                .nioCore, .nioHTTP1,
            ]),
        .tests("SourcesTests", ["Channels", "Sources"]),
        .tests(
            "PolluxClientTests", ["EventStream", "JSON", "PolluxClient", .nioCore, .nioEmbedded, .nioHTTP1, .nioPosix]),
        .tests("LoadGeneratorTests", ["LoadGenerator", "PolluxClient", .nioCore, .nioEmbedded, .nioHPACK, .nioHTTP2]),
    ],
    swiftLanguageModes: [.v6]
)
