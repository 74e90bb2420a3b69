import CCurl

/// One request under way, as libcurl's easy handle. Owner: the thread that drives it.
final class Transfer {
    let id: UInt64
    let job: Outbound.Job
    let easy: UnsafeMutableRawPointer
    private let fields: UnsafeMutablePointer<curl_slist>?
    private var head: ResponseHead
    private var content: [UInt8] = []
    /// Why we have ended it ourselves.
    private var excess: OutboundError?

    /// - Throws: ``OutboundError`` where there is no memory, or libcurl lacks something.
    init(
        _ id: UInt64, _ job: Outbound.Job, _ configuration: Outbound.Configuration, at now: ContinuousClock.Instant
    ) throws(OutboundError) {
        guard let easy = curl_easy_init() else { throw .other("there is no memory for a request") }
        self.id = id
        self.job = job
        self.easy = easy
        self.fields = Self.list(job.request.fields)
        self.head = ResponseHead(most: configuration.headSize)
        try self.set(job.request, configuration)
        // 0 would be no limit.
        try self.set(CURLOPT_TIMEOUT_MS, max(1, now.duration(to: job.deadline).wholeMilliseconds))
    }

    deinit {
        curl_easy_cleanup(self.easy)
        curl_slist_free_all(self.fields)
    }

    // MARK: What it is told

    private func set(_ request: OutboundRequest, _ configuration: Outbound.Configuration) throws(OutboundError) {
        try self.set(CURLOPT_URL, request.url.text)
        try self.set(CURLOPT_PROTOCOLS_STR, "http,https")
        // The environment's variables, such as http_proxy, are not for us: an empty text is no proxy at all.
        try self.set(CURLOPT_PROXY, "")
        try self.set(CURLOPT_USERAGENT, configuration.userAgent)
        if let authorities = configuration.authorities { try self.set(CURLOPT_CAINFO, authorities) }
        try self.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        // One connection for each request under way, so that none can hold up others.
        try self.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        // Signals are the process's own.
        try self.set(CURLOPT_NOSIGNAL, 1)
        // A name server that is silent has a thread wait for it. A transfer that ends before would wait for that thread, and all others with
        // it.
        try self.set(CURLOPT_QUICK_EXIT, 1)
        try Self.check(pollux_curl_easy_set_fields(self.easy, self.fields))
        if request.method == .post {
            try self.set(CURLOPT_POST, 1)
            try Self.check(pollux_curl_easy_set_content(self.easy, request.content, request.content.count))
        }
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        for option in [CURLOPT_PRIVATE, CURLOPT_HEADERDATA, CURLOPT_WRITEDATA] {
            try Self.check(pollux_curl_easy_setopt_pointer(self.easy, option, pointer))
        }
        try Self.check(pollux_curl_easy_set_receiver(self.easy, CURLOPT_HEADERFUNCTION, receiveHeadLine))
        try Self.check(pollux_curl_easy_set_receiver(self.easy, CURLOPT_WRITEFUNCTION, receiveContent))
    }

    private func set(_ option: CURLoption, _ value: Int) throws(OutboundError) {
        try Self.check(pollux_curl_easy_setopt_long(self.easy, option, value))
    }

    private func set(_ option: CURLoption, _ text: String) throws(OutboundError) {
        try Self.check(pollux_curl_easy_setopt_text(self.easy, option, text))
    }

    private static func check(_ code: CURLcode) throws(OutboundError) {
        guard code == CURLE_OK else { throw .other(String(cString: curl_easy_strerror(code))) }
    }

    /// As libcurl takes them: it would understand `Name:` as one that is not to be sent, and sends an empty one for `Name;`.
    private static func list(_ fields: [OutboundField]) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        for field in fields {
            let line = Array(field.name.utf8) + (field.value.isEmpty ? [0x3B] : [0x3A, 0x20] + field.value) + [0]
            list = line.withUnsafeBytes {
                curl_slist_append(list, $0.baseAddress?.assumingMemoryBound(to: CChar.self)) ?? list
            }
        }
        return list
    }

    // MARK: What comes

    /// Returns whether it may go on.
    fileprivate func take(headLine line: UnsafeRawBufferPointer) -> Bool {
        guard self.head.take(line) else {
            self.excess = .headTooLarge(most: self.head.most)
            return false
        }
        return true
    }

    fileprivate func take(content piece: UnsafeRawBufferPointer) -> Bool {
        guard self.content.count + piece.count <= self.job.request.contentSize else {
            self.excess = .contentTooLarge(most: self.job.request.contentSize)
            return false
        }
        self.content.append(contentsOf: piece)
        return true
    }

    /// What has become of it when it is over.
    func result(_ code: CURLcode) -> Result<OutboundResponse, OutboundError> {
        if let excess = self.excess { return .failure(excess) }
        guard code == CURLE_OK else { return .failure(OutboundError(code, headSize: self.head.most)) }
        guard self.head.isComplete else { return .failure(.cut) }
        return .success(
            OutboundResponse(
                status: pollux_curl_easy_status(self.easy), fields: self.head.fields, content: self.content))
    }
}

@available(*, unavailable)
extension Transfer: Sendable {}

/// Returns how many bytes were taken; fewer than came end the transfer.
private func receiveHeadLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().take(headLine: line) ? line.count : 0
}

private func receiveContent(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().take(content: piece) ? piece.count : 0
}

extension OutboundError {
    /// - Parameter code: Of libcurl, other than `CURLE_OK`.
    fileprivate init(_ code: CURLcode, headSize: Int) {
        let words = String(cString: curl_easy_strerror(code))
        self =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST: .cannotResolve
            case CURLE_COULDNT_CONNECT: .cannotConnect
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
                .tls(words)
            case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR: .cut
            // Of HTTP alone, what is no HTTP has these: a first line or a length that cannot be read.
            case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: .malformed
            // A single line that is longer than libcurl itself takes (100 KB); its later versions say so by a code of their own.
            case CURLE_OUT_OF_MEMORY, CURLcode(100): .headTooLarge(most: headSize)
            default: .other(words)
            }
    }
}

extension Duration {
    var wholeMilliseconds: Int {
        Int(self.components.seconds) * 1_000 + Int(self.components.attoseconds / 1_000_000_000_000_000)
    }
}
