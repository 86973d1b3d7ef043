using System.Buffers.Binary;
using System.IO.Compression;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http;
using Reflection = Grpc.Reflection;

namespace Monitor.Server;

/// <summary>
/// Looks at a message as it is on the wire, before gRPC reads it. gRPC answers INTERNAL to a compressed message without an
/// encoding and UNKNOWN to bytes that are not a message, which it also reports as an error of ours; and it inflates a
/// compressed message to its end, however long that is. Requests are small, so that they may be parsed twice.
/// </summary>
internal static class GrpcMessageCheck
{
    /// <summary>What is in front of a message: whether it is compressed, and its length in big-endian order.</summary>
    public const int PrefixLength = 5;

    private static readonly Dictionary<string, MessageParser> Requests = ContractServices.All
        .Append(Grpc.Health.V1.Health.Descriptor)
        .Append(Reflection.V1.ServerReflection.Descriptor)
        .Append(Reflection.V1Alpha.ServerReflection.Descriptor)
        .SelectMany(service => service.Methods)
        .ToDictionary(method => $"/{method.Service.FullName}/{method.Name}", method => method.InputType.Parser, StringComparer.Ordinal);

    /// <summary>Whether the bytes are one request of the method that a call is for.</summary>
    /// <param name="context">The call, which routing has found the method of: a path may be written in other ways.</param>
    /// <param name="framed">The message with its prefix.</param>
    /// <param name="maxBytes">Most bytes of a message, inflated too.</param>
    /// <param name="inflatedBytes">How many more it becomes once it is inflated; 0 where it is not compressed.</param>
    public static bool IsRequest(HttpContext context, ReadOnlySpan<byte> framed, int maxBytes, out int inflatedBytes) => IsRequest(
        context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName ?? "",
        context.Request.Headers["grpc-encoding"],
        framed,
        maxBytes,
        out inflatedBytes);

    /// <summary>As <see cref="IsRequest(HttpContext, ReadOnlySpan{byte}, int, out int)"/>.</summary>
    /// <param name="method">As in <c>/monitor.v1.EventService/ListEvents</c>.</param>
    /// <param name="encoding">What the call says that compressed messages are compressed with.</param>
    /// <param name="framed">The message with its prefix.</param>
    /// <param name="maxBytes">Most bytes of a message, inflated too.</param>
    /// <param name="inflatedBytes">How many more it becomes once it is inflated; 0 where it is not compressed.</param>
    internal static bool IsRequest(
        string method, string? encoding, ReadOnlySpan<byte> framed, int maxBytes, out int inflatedBytes)
    {
        inflatedBytes = 0;
        if (framed.Length < PrefixLength
            || framed[0] > 1
            || BinaryPrimitives.ReadUInt32BigEndian(framed[1..]) != framed.Length - PrefixLength)
        {
            return false;
        }

        try
        {
            var message = new MemoryStream(framed[PrefixLength..].ToArray());
            return framed[0] == 0 ? IsRequest(method, message) : IsCompressedRequest(method, encoding, message, maxBytes, out inflatedBytes);
        }
        catch (Exception bad) when (bad is InvalidProtocolBufferException or InvalidDataException or IOException)
        {
            // IOException is what the inflater makes of a dictionary that it does not have.
            return false;
        }
    }

    private static bool IsRequest(string method, MemoryStream message)
    {
        if (Requests.TryGetValue(method, out var parser))
        {
            parser.ParseFrom(message);
        }

        return true;
    }

    private static bool IsCompressedRequest(
        string method, string? encoding, MemoryStream message, int maxBytes, out int inflatedBytes)
    {
        inflatedBytes = 0;
        if (string.IsNullOrEmpty(encoding) || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // Those that gRPC knows unless it is told otherwise.
        using Stream? inflating = encoding switch
        {
            "gzip" => new GZipStream(message, CompressionMode.Decompress),
            "deflate" => new ZLibStream(message, CompressionMode.Decompress),
            _ => null,
        };
        // Every other it refuses itself, and names these.
        if (inflating is null)
        {
            return true;
        }

        if (Inflate(inflating, maxBytes) is not { } inflated)
        {
            return false;
        }

        inflatedBytes = (int)inflated.Length;
        return IsRequest(method, inflated);
    }

    // A few KiB can hold gigabytes: no more is inflated than a message may have. Null: it has more.
    private static MemoryStream? Inflate(Stream inflating, int maxBytes)
    {
        var inflated = new MemoryStream();
        var part = new byte[16 << 10];
        for (int read; (read = inflating.Read(part)) > 0; inflated.Write(part, 0, read))
        {
            if (inflated.Length + read > maxBytes)
            {
                return null;
            }
        }

        inflated.Position = 0;
        return inflated;
    }
}
