/// An answer of an HTTP/1 connection that was put off. Owner: the connection's event loop.
final class HTTP1PostponedAnswer: PostponedAnswer {
    private weak var connection: HTTP1Connection?
    /// What to write its head by; `nil` if none is due any more.
    let answer: HTTP1StateMachine.Answer?
    private(set) var response: Response?

    init(_ connection: HTTP1Connection, _ answer: HTTP1StateMachine.Answer?) {
        self.connection = connection
        self.answer = answer
    }

    func respond(_ response: Response) {
        self.response = response
        self.connection?.settle()
    }
}

@available(*, unavailable)
extension HTTP1PostponedAnswer: Sendable {}
