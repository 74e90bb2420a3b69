public import Channels

extension AccessRules {
    /// What becomes of a wish and why, in lines for whoever wrote the rules.
    public func explanation(of action: Action, _ channel: ChannelName, for principal: Principal) -> String {
        var lines = ["\(principal), to \(action.rawValue) \(channel):"]
        for rule in self.rules {
            if rule == self.rule(for: channel) {
                let whom = rule.whom(action).map(\.description).joined(separator: " or ")
                lines.append("  \(rule.template.text): fits, and counts: \(action.rawValue) by \(whom)")
                break
            }
            lines.append("  \(rule.template.text): does not fit the name")
        }
        if self.rule(for: channel) == nil { lines.append("  no rule fits, and so nobody may do anything with it") }
        switch self.decide(action, channel, for: principal) {
        case .allowed: lines.append("allowed")
        case .unauthenticated: lines.append("refused with 401: who says who he is might be allowed")
        case .forbidden: lines.append("refused with 403")
        case .asked: lines.append("the application is asked (access.callback)")
        }
        return lines.joined(separator: "\n")
    }
}
