using System.Buffers.Binary;
using System.IO.Compression;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>
/// Reads the message of a call before the call begins. gRPC itself reports a client that leaves while it sends one, or that
/// sends it too slowly, as an error of ours: a client could fill the log.
/// </summary>
internal static class GrpcRequestBody
{
    private static readonly Dictionary<string, MessageParser> Requests = ContractServices.All
        .Append(Grpc.Health.V1.Health.Descriptor)
        .SelectMany(service => service.Methods)
        .ToDictionary(method => $"/{method.Service.FullName}/{method.Name}", method => method.InputType.Parser, StringComparer.Ordinal);

    /// <summary>Reads the whole body, and leaves it to be read once more.</summary>
    /// <param name="context">The call.</param>
    /// <param name="maxBytes">Most bytes of a message, inflated too.</param>
    /// <returns>False where there is no call to answer any more: the client has left, or was told what is wrong.</returns>
    public static async Task<bool> TryReadAsync(HttpContext context, int maxBytes)
    {
        var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        }
        catch (BadHttpRequestException bad)
        {
            GrpcRefusal.Write(context, CodeOf(bad.StatusCode), "the message of the call is too large, too slow, or not sent as announced");
            return false;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            return false;
        }

        if (!IsMessage(context, body.GetBuffer().AsSpan(0, (int)body.Length), maxBytes))
        {
            GrpcRefusal.Write(context, StatusCode.InvalidArgument, "the bytes are not one message of this method's request, or too many");
            return false;
        }

        body.Position = 0;
        context.Request.Body = body;
        return true;
    }

    // gRPC answers UNKNOWN to bytes that are not a message, and reports them as an error of ours. Requests are small, so that
    // they may be parsed twice.
    private static bool IsMessage(HttpContext context, ReadOnlySpan<byte> body, int maxBytes)
    {
        const int PrefixLength = 5;
        if (body.Length < PrefixLength
            || body[0] > 1
            || BinaryPrimitives.ReadUInt32BigEndian(body[1..]) != body.Length - PrefixLength)
        {
            return false;
        }

        var path = context.Request.Path.Value ?? "";
        if (!Requests.TryGetValue(path, out var parser))
        {
            return true;
        }

        try
        {
            var message = body[PrefixLength..].ToArray();
            if (body[0] == 0)
            {
                parser.ParseFrom(message);
            }
            else if (context.Request.Headers["grpc-encoding"] == "gzip")
            {
                // A few KiB can hold gigabytes: no more is inflated than a message may have.
                using var inflating = new GZipStream(new MemoryStream(message), CompressionMode.Decompress);
                using var inflated = new MemoryStream();
                var part = new byte[16 << 10];
                for (int read; (read = inflating.Read(part)) > 0; inflated.Write(part, 0, read))
                {
                    if (inflated.Length + read > maxBytes)
                    {
                        return false;
                    }
                }

                parser.ParseFrom(inflated.GetBuffer(), 0, (int)inflated.Length);
            }

            return true;
        }
        catch (Exception bad) when (bad is InvalidProtocolBufferException or InvalidDataException)
        {
            return false;
        }
    }

    private static StatusCode CodeOf(int httpStatus) => httpStatus switch
    {
        StatusCodes.Status413PayloadTooLarge => StatusCode.ResourceExhausted,
        StatusCodes.Status408RequestTimeout => StatusCode.DeadlineExceeded,
        _ => StatusCode.InvalidArgument,
    };
}
