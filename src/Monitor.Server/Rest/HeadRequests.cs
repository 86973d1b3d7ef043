using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>
/// Answers HEAD of every path as GET without the body. To everything inside of it the method is GET. The outermost
/// middleware.
/// </summary>
internal sealed class HeadRequests(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!HttpMethods.IsHead(context.Request.Method) || !RestRequest.IsRest(context))
        {
            await next(context);
            return;
        }

        var body = context.Response.Body;
        using var counted = new CountingStream();
        context.Request.Method = HttpMethods.Get;
        context.Response.Body = counted;
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Method = HttpMethods.Head;
            context.Response.Body = body;
        }

        if (counted.Length > 0)
        {
            context.Response.ContentLength ??= counted.Length;
        }
    }

    /// <summary>Whether the client asked for HEAD.</summary>
    public static bool IsHead(HttpContext context) => context.Response.Body is CountingStream;

    /// <summary>Answers HEAD of a stream, which has no end and so no length. Goes directly before the endpoints. A stream of bytes
    /// knows its type and the name of its file itself.</summary>
    public static Task AnswerStreams(HttpContext context, RequestDelegate next)
    {
        if (IsHead(context)
            && context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()
                is { MethodDescriptor.IsServerStreaming: true, HttpRule.ResponseBody: "" })
        {
            context.Response.ContentType = "application/json";
            return Task.CompletedTask;
        }

        return next(context);
    }

    /// <summary>Counts what is written to it.</summary>
    private sealed class CountingStream : Stream
    {
        private long _length;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _length;

        public override long Position
        {
            get => _length;
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => _length += count;

        public override void Write(ReadOnlySpan<byte> buffer) => _length += buffer.Length;

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _length += buffer.Length;
            return ValueTask.CompletedTask;
        }
    }
}
