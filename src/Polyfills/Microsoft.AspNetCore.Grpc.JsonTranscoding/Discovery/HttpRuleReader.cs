using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Discovery;

/// <summary>Reads the option google.api.http of an rpc.</summary>
internal static class HttpRuleReader
{
    private const uint FieldNumber = 72295728;

    /// <summary>
    /// The rule, or null where the rpc has none. It is read from the bytes of the options, which have it whether or not
    /// the application compiled its own copy of google/api/http.proto.
    /// </summary>
    public static HttpRule? Read(MethodDescriptor method)
    {
        ReadOnlySpan<byte> options = method.GetOptions()?.ToByteArray();
        HttpRule? rule = null;
        for (var position = 0; position < options.Length;)
        {
            var tag = WireReader.ReadTag(options, ref position);
            if (tag == ((FieldNumber << WireType.Bits) | WireType.Delimited))
            {
                // An array: the types of Google.Api.CommonProtos are too old to read spans.
                (rule ??= new HttpRule()).MergeFrom(WireReader.ReadDelimited(options, ref position).ToArray());
            }
            else
            {
                WireReader.Skip(options, ref position, tag);
            }
        }

        return rule;
    }
}
