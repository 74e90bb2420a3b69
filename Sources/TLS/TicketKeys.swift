import COpenSSL
import Synchronization

/// The keys that session tickets are sealed with (RFC 5077). They rotate by themselves, so that a stolen key opens no
/// more than a few hours of the past, and sessions are resumed meanwhile.
public final class TicketKeys: Sendable {
    /// How long tickets are sealed with one key.
    static let rotation = Duration.seconds(60 * 60)
    /// For how long after its full handshake a session may be resumed, and so for how long a key is kept after its last ticket.
    static let lifetime = Duration.seconds(2 * 60 * 60)

    struct Key {
        var name = [UInt8](repeating: 0, count: 16)
        var cipher = [UInt8](repeating: 0, count: 32)
        var mac = [UInt8](repeating: 0, count: 32)
        let made: ContinuousClock.Instant

        /// `nil` if there are no random numbers.
        init?(at now: ContinuousClock.Instant) {
            self.made = now
            guard RAND_bytes(&self.name, 16) == 1, RAND_priv_bytes(&self.cipher, 32) == 1,
                RAND_priv_bytes(&self.mac, 32) == 1
            else { return nil }
        }
    }

    /// The newest first.
    private let keys = Mutex<[Key]>([])
    private let now: @Sendable () -> ContinuousClock.Instant
    private let beginning: ContinuousClock.Instant

    public init(now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock().now }) {
        self.now = now
        self.beginning = now()
    }

    /// For how many seconds there have been keys: the clock of the sessions.
    var age: Int64 { (self.now() - self.beginning).components.seconds }

    /// The key for a new ticket; `nil` if none can be made.
    func sealing() -> Key? {
        let now = self.now()
        return self.keys.withLock { keys in
            if let key = keys.first, key.made + Self.rotation > now { return key }
            guard let key = Key(at: now) else { return nil }
            keys = [key] + keys.filter { $0.made + Self.rotation + Self.lifetime > now }
            return key
        }
    }

    /// The key that a ticket was sealed with, if it is still good; whether the ticket should be replaced.
    func opening(_ name: UnsafeBufferPointer<UInt8>) -> (key: Key, isOld: Bool)? {
        let now = self.now()
        return self.keys.withLock { keys in
            guard let key = keys.first(where: { $0.name.elementsEqual(name) }),
                key.made + Self.rotation + Self.lifetime > now
            else { return nil }
            return (key, key.made + Self.rotation <= now)
        }
    }

    /// What OpenSSL asks for each ticket: 1 for a key, 2 for one that is old, 0 for none, -1 for an error.
    static let callback: pollux_ticket_callback = { ssl, name, iv, cipher, mac, isSealing in
        guard let ssl, let name, let iv, let cipher, let mac, let context = TLSContext.of(ssl) else { return -1 }
        let keys = context.ticketKeys
        guard isSealing == 0 else { return keys.seal(name, iv, cipher, mac) }
        guard let (key, isOld) = keys.opening(UnsafeBufferPointer(start: name, count: 16)) else { return 0 }
        guard key.setMAC(mac), EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nil, key.cipher, iv) == 1 else {
            return -1
        }
        // In TLS 1.3 a client uses a ticket once (RFC 8446, appendix C.4): without a new one it would be out of them.
        return isOld || SSL_version(ssl) >= TLS1_3_VERSION ? 2 : 1
    }

    private func seal(
        _ name: UnsafeMutablePointer<UInt8>, _ iv: UnsafeMutablePointer<UInt8>, _ cipher: OpaquePointer,
        _ mac: OpaquePointer
    ) -> CInt {
        guard let key = self.sealing() else { return -1 }
        name.update(from: key.name, count: 16)
        guard RAND_bytes(iv, 16) == 1, key.setMAC(mac),
            EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nil, key.cipher, iv) == 1
        else { return -1 }
        return 1
    }
}

extension TicketKeys.Key {
    fileprivate func setMAC(_ context: OpaquePointer) -> Bool {
        var key = self.mac
        return pollux_EVP_MAC_CTX_set_key(context, &key, key.count) == 1
    }
}
