using System.Buffers.Binary;
using System.IO.Compression;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http;
using Reflection = Grpc.Reflection;

namespace Monitor.Server;

/// <summary>
/// Reads a message as it is on the wire before gRPC does, and writes what gRPC is to read: the fields of the method's request, not
/// compressed. gRPC answers INTERNAL to a compressed message without an encoding and UNKNOWN to bytes that are not a message, which
/// it also reports as an error of ours; it inflates a compressed message to its end, however long that is, and keeps fields that
/// nobody knows, of which each of two bytes can take a hundred in memory. Requests are small, so that they may be parsed twice.
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
        .ToDictionary(
            method => $"/{method.Service.FullName}/{method.Name}", method => method.InputType.Parser.WithDiscardUnknownFields(true), StringComparer.Ordinal);

    /// <summary>The request of the method that a call is for, with its prefix.</summary>
    /// <param name="context">The call, which routing has found the method of: a path may be written in other ways.</param>
    /// <param name="framed">The message with its prefix.</param>
    /// <param name="maxBytes">Most bytes of a message, inflated too.</param>
    /// <returns>Null where the bytes are not one such request.</returns>
    public static byte[]? Read(HttpContext context, ReadOnlySpan<byte> framed, int maxBytes) => Read(
        context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName ?? "",
        context.Request.Headers["grpc-encoding"],
        framed,
        maxBytes);

    /// <inheritdoc cref="Read(HttpContext, ReadOnlySpan{byte}, int)"/>
    /// <param name="method">As in <c>/monitor.v1.EventService/ListEvents</c>.</param>
    /// <param name="encoding">What the call says that compressed messages are compressed with.</param>
    /// <param name="framed">The message with its prefix.</param>
    /// <param name="maxBytes">Most bytes of a message, inflated too.</param>
    internal static byte[]? Read(string method, string? encoding, ReadOnlySpan<byte> framed, int maxBytes)
    {
        if (framed.Length < PrefixLength
            || framed[0] > 1
            || BinaryPrimitives.ReadUInt32BigEndian(framed[1..]) != framed.Length - PrefixLength)
        {
            return null;
        }

        // A method that is not there is refused by gRPC, and an encoding that it does not know too, which it names the known ones to.
        if (!Requests.TryGetValue(method, out var parser) || (framed[0] == 1 && IsUnknown(encoding)))
        {
            return framed.ToArray();
        }

        try
        {
            var message = new MemoryStream(framed[PrefixLength..].ToArray());
            var plain = framed[0] == 0 ? message : Inflate(message, encoding, maxBytes);
            return plain is null ? null : Frame(parser.ParseFrom(plain));
        }
        catch (Exception bad) when (bad is InvalidProtocolBufferException or InvalidDataException or IOException)
        {
            // IOException is what the inflater makes of a dictionary that it does not have.
            return null;
        }
    }

    private static byte[] Frame(IMessage request)
    {
        var length = request.CalculateSize();
        var framed = new byte[PrefixLength + length];
        BinaryPrimitives.WriteUInt32BigEndian(framed.AsSpan(1), (uint)length);
        request.WriteTo(framed.AsSpan(PrefixLength));
        return framed;
    }

    private static bool IsUnknown(string? encoding) => encoding is not (null or "" or "gzip" or "deflate")
        && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase);

    // Null: the call does not say that its messages are compressed, or it has more than a message may have.
    private static MemoryStream? Inflate(MemoryStream message, string? encoding, int maxBytes)
    {
        // Those that gRPC knows unless it is told otherwise.
        using Stream? inflating = encoding switch
        {
            "gzip" => new GZipStream(message, CompressionMode.Decompress),
            "deflate" => new ZLibStream(message, CompressionMode.Decompress),
            _ => null,
        };
        return inflating is null ? null : Inflate(inflating, maxBytes);
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
