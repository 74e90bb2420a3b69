import Channels
import Testing

@Suite struct RetentionRulesTests {
    private func rule(_ pattern: String, _ events: Int) -> RetentionRules.Rule {
        RetentionRules.Rule(pattern: NamePattern(pattern), retention: Retention(events: events))
    }

    @Test(arguments: [
        ("orders/eu/1", 3), ("orders/us", 2), ("order", 1), ("orders/eu", 4), ("date", 1), ("x/eu/1", 1),
    ])
    func `The most literal pattern that fits decides, in whatever order they are given`(text: String, events: Int) {
        let rules = [rule("*", 1), rule("orders/*", 2), rule("orders/eu/*", 3), rule("orders/eu", 4)]
        #expect(RetentionRules(rules).retention(of: name(text)).events == events)
        #expect(RetentionRules(rules.reversed()).retention(of: name(text)).events == events)
    }

    @Test func `Of equally literal patterns the first given decides`() {
        let rules = RetentionRules([rule("a*", 1), rule("*a", 2)])
        #expect(rules.retention(of: name("aa")).events == 1)
    }

    @Test func `A name that no pattern fits has the fallback`() {
        let rules = RetentionRules([rule("a*", 1)], fallback: Retention(events: 7))
        #expect(rules.retention(of: name("b")).events == 7)
        #expect(RetentionRules().retention(of: name("b")) == Retention())
    }
}
