import COpenSSL

/// A text that only who has a certain secret can read: AES-256-GCM (NIST SP 800-38D), with a key made of the secret, which is used once.
enum SealedText {
    private static let tagSize = 16

    /// - Returns: The text's bytes, sealed, and behind them the tag; `nil` if OpenSSL has no memory.
    static func seal(_ text: [UInt8], with secret: [UInt8]) -> [UInt8]? {
        var sealed = [UInt8](repeating: 0, count: text.count + self.tagSize)
        let count = text.count
        let isDone = self.withContext(secret) { context, key, vector in
            var (size, last): (CInt, CInt) = (0, 0)
            return sealed.withUnsafeMutableBufferPointer { out in
                guard let start = out.baseAddress else { return false }
                return EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, vector) == 1
                    && EVP_EncryptUpdate(context, start, &size, text, CInt(count)) == 1
                    && EVP_EncryptFinal_ex(context, start + Int(size), &last) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CInt(self.tagSize), start + count) == 1
            }
        }
        return isDone ? sealed : nil
    }

    /// - Returns: The text; `nil` if it was sealed with another secret, or is not as it was.
    static func open(_ sealed: [UInt8], with secret: [UInt8]) -> [UInt8]? {
        guard sealed.count >= self.tagSize else { return nil }
        let count = sealed.count - self.tagSize
        var tag = Array(sealed[count...])
        var text = [UInt8](repeating: 0, count: count + self.tagSize)
        let isDone = self.withContext(secret) { context, key, vector in
            var (size, last): (CInt, CInt) = (0, 0)
            return text.withUnsafeMutableBufferPointer { out in
                guard let start = out.baseAddress else { return false }
                return EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, vector) == 1
                    && EVP_DecryptUpdate(context, start, &size, sealed, CInt(count)) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, CInt(self.tagSize), &tag) == 1
                    && EVP_DecryptFinal_ex(context, start + Int(size), &last) == 1
            }
        }
        return isDone ? Array(text[..<count]) : nil
    }

    private static func withContext(
        _ secret: [UInt8], _ body: (OpaquePointer, [UInt8], [UInt8]) -> Bool
    ) -> Bool {
        defer { ERR_clear_error() }
        guard let context = EVP_CIPHER_CTX_new() else { return false }
        defer { EVP_CIPHER_CTX_free(context) }
        // Each secret seals one text, so that the vector need not differ.
        return body(context, AccessKeyHash(of: Array("seal".utf8) + secret).bytes, [UInt8](repeating: 0, count: 12))
    }
}
