namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

/// <summary>The wire types of the protobuf encoding, the low three bits of a tag.</summary>
internal static class WireType
{
    public const uint Varint = 0;
    public const uint Fixed64 = 1;
    public const uint Delimited = 2;
    public const uint StartGroup = 3;
    public const uint EndGroup = 4;
    public const uint Fixed32 = 5;

    /// <summary>Bits of a tag that hold the wire type.</summary>
    public const int Bits = 3;

    /// <summary>Mask of those bits.</summary>
    public const uint Mask = 7;
}
