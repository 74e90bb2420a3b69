import COpenSSL

/// How old sessions may become. In TLS 1.3 each resumption brings a new ticket, and OpenSSL counts the session's time from
/// there: it would never end, and neither would what a client's certificate was good for once. So a ticket is marked with
/// the time of the full handshake, and the mark goes on from ticket to ticket.
extension TLSContext {
    func limitSessions() {
        SSL_CTX_set_session_ticket_cb(self.pointer, Self.mark, Self.check, nil)
    }

    private static let mark: SSL_CTX_generate_session_ticket_fn = { ssl, _ in
        guard let ssl, let session = SSL_get_session(ssl), let context = TLSContext.of(ssl) else { return 0 }
        guard SSL_session_reused(ssl) == 0 else { return 1 }
        var age = context.ticketKeys.age
        return SSL_SESSION_set1_ticket_appdata(session, &age, MemoryLayout.size(ofValue: age))
    }

    private static let check: SSL_CTX_decrypt_session_ticket_fn = { ssl, session, _, _, status, _ in
        switch status {
        case SSL_TICKET_SUCCESS where TLSContext.isYoung(session, ssl): SSL_TICKET_RETURN_USE
        case SSL_TICKET_SUCCESS_RENEW where TLSContext.isYoung(session, ssl): SSL_TICKET_RETURN_USE_RENEW
        default: SSL_TICKET_RETURN_IGNORE_RENEW
        }
    }

    private static func isYoung(_ session: OpaquePointer?, _ ssl: OpaquePointer?) -> Bool {
        var mark: UnsafeMutableRawPointer?
        var count = 0
        guard let session, let ssl, let context = TLSContext.of(ssl),
            SSL_SESSION_get0_ticket_appdata(session, &mark, &count) == 1,
            let mark, count == MemoryLayout<Int64>.size
        else { return false }
        return context.ticketKeys.age - mark.loadUnaligned(as: Int64.self) < TicketKeys.lifetime.components.seconds
    }
}
