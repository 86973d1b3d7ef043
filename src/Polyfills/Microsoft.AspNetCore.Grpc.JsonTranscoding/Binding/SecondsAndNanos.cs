using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>The two fields that Timestamp and Duration have in common.</summary>
internal static class SecondsAndNanos
{
    public static void WriteSecondsAndNanos(this ByteBuffer output, long seconds, int nanos)
    {
        if (seconds != 0)
        {
            output.WriteTag(1, WireType.Varint);
            output.WriteVarint((ulong)seconds);
        }

        if (nanos != 0)
        {
            output.WriteTag(2, WireType.Varint);
            output.WriteVarint((ulong)nanos);
        }
    }
}
