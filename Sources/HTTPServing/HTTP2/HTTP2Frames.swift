import NIOCore
import NIOHTTP2

extension NIOHTTP2Handler {
    /// How much a client may send on a stream, and on all of a connection together, without being told more, in bytes.
    static let inboundWindow = 65_535

    /// - Parameter connection: Told of frames that go out.
    convenience init(for connection: HTTP2Connection, limits: Limits) {
        var settings = ConnectionConfiguration()
        settings.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.streams),
            // NIO ends the connection for what is beyond this. A head that is only somewhat too large is answered
            // (431).
            HTTP2Setting(parameter: .maxHeaderListSize, value: 2 * limits.headSize),
            HTTP2Setting(parameter: .enablePush, value: 0),
        ]
        settings.maximumBufferedControlFrames = 1_000
        var streams = StreamConfiguration()
        // A page that is left closes all its streams at once.
        streams.streamResetFrameRateLimit.maximumCount = limits.streams * 4
        self.init(
            mode: .server, frameDelegate: connection, connectionConfiguration: settings, streamConfiguration: streams)
    }
}

extension HTTP2PingData {
    /// Asks for a sign of life.
    static let signOfLife = HTTP2PingData(withInteger: 0)
    /// Goes behind the announcement of a stop: who acknowledges it has read that.
    static let stop = HTTP2PingData(withInteger: 1)
}

extension ByteBuffer {
    /// The frame GOAWAY that asks a client to open no further streams, and promises to serve all that it has opened:
    /// one with the highest number as its last stream (RFC 9113, section 6.8).
    ///
    /// As bytes, since NIO's handler refuses every stream that is opened after a GOAWAY has gone through it, whatever
    /// was promised.
    static let stopAnnouncement: ByteBuffer = {
        var frame = ByteBuffer()
        frame.writeBytes([0, 0, 8, 7, 0])  // length, type, flags
        frame.writeInteger(UInt32(0))  // the connection's own stream
        frame.writeInteger(UInt32(Int32.max))
        frame.writeInteger(UInt32(0))  // NO_ERROR
        return frame
    }()
}
