using System.Collections.Frozen;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>The headers of a request as gRPC metadata.</summary>
internal static class RequestMetadata
{
    // Headers of the transport, which gRPC does not show to services either.
    private static readonly FrozenSet<string> Hidden = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "grpc-encoding", "grpc-accept-encoding", Deadline.HeaderName, "content-type", "te", "host", "accept-encoding");

    /// <exception cref="RpcException">INVALID_ARGUMENT: a binary header is not base64.</exception>
    public static Metadata Read(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            if (Hidden.Contains(name) || name.StartsWith(':') || !IsMetadataName(name))
            {
                continue;
            }

            if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
            {
                metadata.Add(name, values.ToString());
                continue;
            }

            foreach (var value in values.ToString().Split(','))
            {
                metadata.Add(name, Decode(name, value.Trim()));
            }
        }

        return metadata;
    }

    // HTTP allows more in a name than gRPC does; what gRPC cannot name, it cannot have.
    private static bool IsMetadataName(string name)
    {
        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    private static byte[] Decode(string name, string value)
    {
        var bytes = new byte[(value.Length / 4 * 3) + 3];
        // gRPC leaves out the padding.
        var padded = value.PadRight((value.Length + 3) / 4 * 4, '=');
        return Convert.TryFromBase64String(padded, bytes, out var length)
            ? bytes[..length]
            : throw new RpcException(new Status(StatusCode.InvalidArgument, $"The header {name} is not base64."));
    }
}
