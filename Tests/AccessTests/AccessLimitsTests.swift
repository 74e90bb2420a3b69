import Channels
import JSON
import Testing

@testable import Access
@testable import HTTPServing

@Suite struct AccessLimitsTests {
    private static let second: UInt64 = 1_000_000_000

    private let news: ChannelName
    private let sport: ChannelName
    private let here = PeerAddress.ipv4(192, 0, 2, 1)
    private let there = PeerAddress.ipv4(192, 0, 2, 2)
    private let ann = token("ann")
    private let bob = token("bob")

    init() throws {
        self.news = try ChannelName("news")
        self.sport = try ChannelName("sport")
    }

    private static func token(_ subject: String?, issuer: String? = nil) -> Principal {
        let claims = [("sub", subject), ("iss", issuer)].compactMap { name, value in
            value.map { JSONValue.Member(name, .string($0)) }
        }
        return .token(VerifiedToken(claims: Claims(.object(claims)), end: nil, grants: nil))
    }

    private func limits(_ set: (inout AccessLimits.Configuration) -> Void) -> AccessLimits {
        var configuration = AccessLimits.Configuration()
        set(&configuration)
        return AccessLimits(configuration)
    }

    // MARK: Readers

    @Test func `Without limits nothing is counted`() throws {
        let limits = self.limits { $0.connections.arrivals = .most(nil) }
        #expect(try limits.openReader(of: [news], from: here, by: ann) == nil)
        #expect(limits.takesAllConnections)
        for _ in 0..<1_000 { try self.publish(1, size: 1, to: news, from: here, by: ann, at: Self.second, limits) }
    }

    @Test(arguments: [ExceededLimit.Scope.address, .principal, .channel])
    func `An address, a principal and a channel have as many readers as they may`(scope: ExceededLimit.Scope) throws {
        let limits = self.limits {
            switch scope {
            case .address: $0.address.readers = 2
            case .principal: $0.principal.readers = 2
            case .channel: $0.channel.readers = 2
            }
        }
        var places = try (0..<2).map { _ in try limits.openReader(of: [news], from: here, by: ann) }
        let error = #expect(throws: ExceededLimit.self) { try limits.openReader(of: [news], from: here, by: ann) }
        #expect(error?.key == "limits.\(scope).readers" && error?.wait == nil)
        let other = try limits.openReader(
            of: [scope == .channel ? sport : news], from: scope == .address ? there : here,
            by: scope == .principal ? bob : ann)
        places.removeLast()
        places.append(try limits.openReader(of: [news], from: here, by: ann))
        #expect(limits.openKeyCount == 2)
        withExtendedLifetime(other) { places = [] }
    }

    @Test func `A reader that is refused by one limit counts for none`() throws {
        let limits = self.limits {
            $0.address.readers = 10
            $0.principal.readers = 10
            $0.channel.readers = 1
        }
        let place = try limits.openReader(of: [news], from: there, by: bob)
        #expect(throws: ExceededLimit.self) { try limits.openReader(of: [sport, news], from: here, by: ann) }
        #expect(limits.openKeyCount == 3)
        withExtendedLifetime(place) {}
    }

    @Test func `Who says nothing of himself counts by address only`() throws {
        let limits = self.limits { $0.principal.readers = 1 }
        for principal in [Principal.anonymous, Self.token(nil)] {
            let places = try (0..<3).map { _ in try limits.openReader(of: [news], from: here, by: principal) }
            withExtendedLifetime(places) { #expect(limits.openKeyCount == 0) }
        }
    }

    @Test func `Subjects of different issuers, keys and certificates are different principals`() {
        let principals = [
            ann, bob, Self.token("ann", issuer: "one"), Self.token("ann", issuer: "two"), .key("ann", Grants()),
            .certificate("ann", Grants()),
        ]
        #expect(Set(principals.map(\.name)).count == principals.count)
    }

    @Test func `Readers count on under new limits, and rates that stay begin no new bucket`() throws {
        var configuration = AccessLimits.Configuration()
        configuration.address.readers = 2
        configuration.address.publishRate = Rate(1, per: .hour)
        configuration.address.publishBurst = 1
        let before = AccessLimits(configuration)
        var places = try (0..<2).map { _ in try before.openReader(of: [news], from: here, by: ann) }
        try self.publish(1, size: 1, to: news, from: here, by: ann, at: Self.second, before)

        configuration.address.readers = 1
        let after = AccessLimits(configuration, after: before)
        #expect(throws: ExceededLimit.self) {
            try self.publish(1, size: 1, to: news, from: here, by: ann, at: Self.second, after)
        }
        places.removeLast()
        #expect(throws: ExceededLimit.self) { try after.openReader(of: [news], from: here, by: ann) }
        places = []
        #expect(try after.openReader(of: [news], from: here, by: ann) != nil)
    }

    // MARK: Publishing

    /// - Parameter size: Of all events together.
    private func publish(
        _ count: Int, size: Int, to channel: ChannelName, from address: PeerAddress, by principal: Principal,
        at now: UInt64,
        _ limits: AccessLimits
    ) throws {
        let drafts = try (0..<count).map { try Draft(data: [UInt8](repeating: 0x61, count: $0 == 0 ? size : 0)) }
        try limits.publish(Publication(channel: channel, drafts: drafts), from: address, by: principal, at: now)
    }

    @Test func `Each event of a publication counts`() throws {
        let limits = self.limits {
            $0.principal.publishRate = Rate(10, per: .second)
            $0.principal.publishBurst = 5
        }
        try self.publish(4, size: 0, to: news, from: here, by: ann, at: Self.second, limits)
        try self.publish(31, size: 0, to: news, from: here, by: ann, at: Self.second, limits)
        let error = #expect(throws: ExceededLimit.self) {
            try self.publish(1, size: 0, to: sport, from: there, by: ann, at: Self.second, limits)
        }
        #expect(
            error == ExceededLimit(.principal, .publishRate(try #require(Rate(10, per: .second))), wait: 3_100_000_000))
        #expect(error?.wait == 4)
        try self.publish(1, size: 0, to: news, from: here, by: bob, at: Self.second, limits)
        try self.publish(1, size: 0, to: news, from: here, by: ann, at: 5 * Self.second, limits)
    }

    @Test func `What is larger than a second's bytes passes, and is waited for afterwards`() throws {
        let limits = self.limits { $0.channel.byteRate = 1_000 }
        try self.publish(1, size: 10_000, to: news, from: here, by: ann, at: Self.second, limits)
        let error = #expect(throws: ExceededLimit.self) {
            try self.publish(1, size: 1, to: news, from: there, by: bob, at: Self.second, limits)
        }
        #expect(error?.key == "limits.channel.byteRate" && error?.wait == 10)
        try self.publish(1, size: 1, to: sport, from: here, by: ann, at: Self.second, limits)
        try self.publish(1, size: 1, to: news, from: here, by: ann, at: 11 * Self.second, limits)
    }

    @Test func `Who is refused by one bucket does not pay at the others, and waits for the slowest`() throws {
        let limits = self.limits {
            $0.address.publishRate = Rate(1, per: .minute)
            $0.address.publishBurst = 2
            $0.channel.publishRate = Rate(1, per: .hour)
            $0.channel.publishBurst = 1
        }
        try self.publish(1, size: 1, to: news, from: here, by: ann, at: Self.second, limits)
        for _ in 0..<10 {
            #expect(throws: ExceededLimit.self) {
                try self.publish(1, size: 1, to: news, from: here, by: ann, at: Self.second, limits)
            }
        }
        try self.publish(1, size: 1, to: sport, from: here, by: ann, at: Self.second, limits)
        let error = #expect(throws: ExceededLimit.self) {
            try self.publish(1, size: 1, to: news, from: here, by: ann, at: Self.second, limits)
        }
        #expect(error?.key == "limits.channel.publishRate" && error?.wait == 3_600)
    }

    @Test func `What several channels have counts for each of them, and once for who publishes it`() throws {
        let limits = self.limits {
            $0.address.publishRate = Rate(1, per: .hour)
            $0.address.publishBurst = 2
            $0.channel.publishRate = Rate(1, per: .hour)
            $0.channel.publishBurst = 1
        }
        let publication = Publication(channel: news, others: [sport], drafts: [try Draft(data: [])])
        try limits.publish(publication, from: here, by: ann, at: Self.second)
        for channel in [news, sport] {
            let error = #expect(throws: ExceededLimit.self) {
                try self.publish(1, size: 0, to: channel, from: here, by: ann, at: Self.second, limits)
            }
            #expect(error?.key == "limits.channel.publishRate")
        }
        try self.publish(1, size: 0, to: try ChannelName("other"), from: here, by: ann, at: Self.second, limits)
    }

    // MARK: Connections

    /// What was done, in short.
    private func judge(_ limits: AccessLimits, _ address: PeerAddress, at now: UInt64 = second) -> (
        String, ConnectionPlace?
    ) {
        switch limits.judgeConnection(from: address, at: now) {
        case .served(let place): ("served", place)
        case .refused(_, let place): ("refused", place)
        case .closed(let limit): (limit.key, nil)
        }
    }

    @Test func `An address has as many connections as it may, some more are told so, and others closed`() {
        let limits = self.limits {
            $0.connections.connections = 2
            $0.connections.arrivals = .most(nil)
        }
        var places = (0..<12).map { _ in self.judge(limits, here) }
        #expect(
            places.map(\.0) == Array(repeating: "served", count: 2)
                + Array(repeating: "refused", count: ConnectionLimiter.refusable)
                + Array(repeating: "limits.address.connections", count: 2))
        #expect(self.judge(limits, there).0 == "served")
        places.removeAll()
        #expect(limits.openKeyCount == 0)
        #expect(self.judge(limits, here).0 == "served")
    }

    @Test
    func `By default 50 connections a second may come from an address, 500 at once, and any number from the loopback`()
    {
        let limits = self.limits { _ in }
        let loopback = PeerAddress.ipv4(127, 0, 0, 1)
        for _ in 0..<500 { #expect(self.judge(limits, here).0 == "served") }
        #expect(self.judge(limits, here).0 == "limits.address.connectionRate")
        for _ in 0..<1_000 { #expect(self.judge(limits, loopback).0 == "served") }
        for _ in 0..<50 { #expect(self.judge(limits, here, at: 2 * Self.second).0 == "served") }
        #expect(self.judge(limits, here, at: 2 * Self.second).0 == "limits.address.connectionRate")
    }

    @Test func `A rate that is set holds for the loopback too`() {
        let limits = self.limits {
            $0.connections.arrivals = .most(Rate(1, per: .minute))
            $0.connections.burst = 1
        }
        let loopback = PeerAddress.ipv6(0, 1)
        #expect(
            [self.judge(limits, loopback).0, self.judge(limits, loopback).0] == [
                "served", "limits.address.connectionRate",
            ])
    }

    // MARK: Refusals

    @Test func `Refusals are counted by limit until they are asked for`() throws {
        let limits = self.limits {
            $0.connections.connections = 0
            $0.address.readers = 0
            $0.channel.publishRate = Rate(1, per: .hour)
            $0.channel.publishBurst = 1
        }
        for address in [here, there] {
            _ = limits.judgeConnection(from: address, at: Self.second)
            _ = try? limits.openReader(of: [news], from: address, by: ann)
            _ = try? self.publish(1, size: 1, to: news, from: address, by: ann, at: Self.second, limits)
        }
        let refusals = limits.refusals.take()
        #expect(
            refusals.map(\.key) == [
                "limits.address.connections", "limits.address.readers", "limits.channel.publishRate",
            ])
        #expect(refusals.map(\.count) == [2, 2, 1] && refusals.allSatisfy { $0.address == there })
        #expect(limits.refusals.take().isEmpty)
    }

    // MARK: Memory

    @Test func `A million addresses pass through all limits, and nothing of them is left but what has its fixed size`()
        throws
    {
        let limits = self.limits {
            $0.connections.connections = 10
            let usage = UsageLimits(readers: 10, publishRate: Rate(10, per: .second), byteRate: 1_000)
            ($0.address, $0.principal, $0.channel) = (usage, usage, usage)
        }
        let publication = Publication(channel: news, drafts: [try Draft(data: [])])
        for number in 0..<1_000_000 as Range<UInt32> {
            let address = PeerAddress.ipv6(0x2001_0DB8 << 32 | UInt64(number), 1)
            let connection = limits.judgeConnection(from: address, at: Self.second)
            withExtendedLifetime(connection) {}
            if number.isMultiple(of: 100) {
                let place = try limits.openReader(of: [news], from: address, by: ann)
                #expect(limits.openKeyCount == 4)
                withExtendedLifetime(place) {}
            }
            try limits.publish(publication, from: address, by: .anonymous, at: UInt64(number) * Self.second)
        }
        #expect(limits.openKeyCount == 0)
    }
}

extension UsageLimits {
    fileprivate init(readers: Int, publishRate: Rate?, byteRate: Int) {
        self.init()
        self.readers = readers
        self.publishRate = publishRate
        self.byteRate = byteRate
    }
}
