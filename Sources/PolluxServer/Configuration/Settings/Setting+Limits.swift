import Access

extension Setting {
    /// How much each address, principal and channel may take.
    static let accessLimits = connections + address + principal + channel

    private static let connections = [
        Setting(
            "limits.address.connections", .places, \.access.limits.connections.connections,
            "the most connections from an address (of IPv6 from a /64), proxies apart; what comes beyond is refused"),
        Setting(
            "limits.address.connectionRate", .arrivals, \.access.limits.connections.arrivals,
            unset: "50/s, from the loopback any number",
            "how many new connections may come from an address; what comes faster is closed at once"),
        Setting(
            "limits.address.connectionBurst", .burst, \.access.limits.connections.burst,
            "how many of them may come at once"),
    ]

    private static let address = [
        Setting(
            "limits.address.readers", .places, \.access.limits.address.readers,
            "the most readers from an address: streams, and polls while they are held"),
        Setting(
            "limits.address.publishRate", .eventRate, \.access.limits.address.publishRate,
            "how many events may be published from an address"),
        Setting(
            "limits.address.publishBurst", .burst, \.access.limits.address.publishBurst,
            "how many of them may come at once"),
        Setting(
            "limits.address.byteRate", .byteRate, \.access.limits.address.byteRate,
            "how many bytes of types and data may be published from an address in a second"),
    ]

    private static let principal = [
        Setting(
            "limits.principal.readers", .places, \.access.limits.principal.readers,
            "the most readers of a principal: a token's subject, a key or a certificate"),
        Setting(
            "limits.principal.publishRate", .eventRate, \.access.limits.principal.publishRate,
            "how many events a principal may publish"),
        Setting(
            "limits.principal.publishBurst", .burst, \.access.limits.principal.publishBurst,
            "how many of them may come at once"),
        Setting(
            "limits.principal.byteRate", .byteRate, \.access.limits.principal.byteRate,
            "how many bytes of types and data a principal may publish in a second"),
    ]

    private static let channel = [
        Setting(
            "limits.channel.readers", .places, \.access.limits.channel.readers, "the most readers of a channel"),
        Setting(
            "limits.channel.publishRate", .eventRate, \.access.limits.channel.publishRate,
            "how many events may be published in a channel"),
        Setting(
            "limits.channel.publishBurst", .burst, \.access.limits.channel.publishBurst,
            "how many of them may come at once"),
        Setting(
            "limits.channel.byteRate", .byteRate, \.access.limits.channel.byteRate,
            "how many bytes of types and data may be published in a channel in a second"),
    ]
}

extension Form<Int?> {
    fileprivate static var places: Form { Form<Int>.count(1...10_000_000).orUnlimited }
    fileprivate static var byteRate: Form { Form<Int>.size(1 << 10...512 << 20).orUnlimited }
}

extension Form<Rate?> {
    fileprivate static var eventRate: Form { Form<Rate>.rate.orUnlimited }
}

extension Form<Int> {
    /// How many tokens a bucket has.
    static var burst: Form { .count(1...TokenBucket.maximumBurst) }
}
