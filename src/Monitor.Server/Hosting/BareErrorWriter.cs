using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Grpc.Core;

namespace Monitor.Server;

/// <summary>
/// Passes on what the web server sends, but for one thing: the head of an error response without a body, which it
/// writes in one piece, gets one. No service and no middleware answers an error without a body.
/// </summary>
internal sealed class BareErrorWriter(PipeWriter inner, MonitorServerOptions options) : PipeWriter
{
    // Such a head has a status line and a handful of short headers.
    private const int MaxHeadBytes = 512;

    private Memory<byte> _given;

    private static ReadOnlySpan<byte> ErrorStart => "HTTP/1.1 "u8;

    private static ReadOnlySpan<byte> NoBody => "\r\nContent-Length: 0\r\n"u8;

    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _given = inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (bytes is > 0 and <= MaxHeadBytes && bytes <= _given.Length && IsBareError(_given.Span[..bytes]))
        {
            WriteWithBody(Encoding.ASCII.GetString(_given.Span[..bytes]));
            return;
        }

        inner.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        inner.FlushAsync(cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(
        ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(source, cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    private static bool IsBareError(ReadOnlySpan<byte> written) =>
        written.Length > ErrorStart.Length
        && written.StartsWith(ErrorStart)
        && written[ErrorStart.Length] is (byte)'4' or (byte)'5'
        && written.EndsWith(HeadEnd)
        && written.IndexOf(HeadEnd) == written.Length - HeadEnd.Length
        && written.IndexOf(NoBody) >= 0;

    private void WriteWithBody(string head)
    {
        var status = int.Parse(head.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture);
        var (code, message) = Explain(status);
        var body = RestError.Json(code, message);
        var newHead = head.Replace(
            "\r\nContent-Length: 0\r\n",
            string.Create(
                CultureInfo.InvariantCulture,
                $"\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n"),
            StringComparison.Ordinal);
        var memory = inner.GetSpan(newHead.Length + body.Length);
        var length = Encoding.ASCII.GetBytes(newHead, memory);
        body.CopyTo(memory[length..]);
        inner.Advance(length + body.Length);
    }

    private (StatusCode Code, string Message) Explain(int status) => status switch
    {
        408 => (
            StatusCode.DeadlineExceeded,
            $"the headers of the request did not arrive within {options.RequestHeadersTimeout.TotalSeconds} seconds"),
        413 => (
            StatusCode.ResourceExhausted,
            $"the body of the request is longer than {options.MaxRequestBodyBytes} bytes"),
        414 => (
            StatusCode.InvalidArgument,
            $"the URL is too long: the first line of a request has at most {options.MaxRequestLineBytes} bytes. Where "
            + "the path takes POST, send the parameters as its JSON body."),
        431 => (
            StatusCode.InvalidArgument,
            $"the headers of the request are too long or too many: at most {options.MaxRequestHeaderBytes} bytes, and 100 "
            + "headers"),
        505 => (StatusCode.InvalidArgument, "this port speaks HTTP/1.0 and HTTP/1.1"),
        _ => (
            StatusCode.InvalidArgument,
            "the request is malformed: "
            + Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status)),
    };
}
