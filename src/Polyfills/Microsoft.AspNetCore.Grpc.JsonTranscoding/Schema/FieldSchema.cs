using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;

/// <summary>One field of a <see cref="MessageSchema"/>.</summary>
internal sealed class FieldSchema
{
    public FieldSchema(FieldDescriptor descriptor, int index, int oneof, MessageSchema? message, EnumSchema? @enum, byte[] defaultJson)
    {
        Descriptor = descriptor;
        Index = index;
        Oneof = oneof;
        Message = message;
        Enum = @enum;
        WireType = WireTypeOf(descriptor.FieldType);
        HasPresence = descriptor.HasPresence;
        IsRepeated = descriptor.IsRepeated;
        IsMap = descriptor.IsMap;
        DefaultJson = defaultJson;
        var name = JsonEncodedText.Encode(descriptor.JsonName, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        Prefix = [(byte)',', (byte)'"', .. name, (byte)'"', (byte)':'];
        PrefixAndDefault = [.. Prefix, .. defaultJson];
    }

    public FieldDescriptor Descriptor { get; }

    public int Number => Descriptor.FieldNumber;

    public FieldType Type => Descriptor.FieldType;

    /// <summary>Position in <see cref="MessageSchema.Fields"/>.</summary>
    public int Index { get; }

    /// <summary>Which oneof of its message the field belongs to, from 0; -1 for none.</summary>
    public int Oneof { get; }

    /// <summary>Schema of the message or, for a map, of its entries; null for scalars.</summary>
    public MessageSchema? Message { get; }

    /// <summary>Names of the enum; null for other types.</summary>
    public EnumSchema? Enum { get; }

    /// <summary>How one value, not packed, is encoded.</summary>
    public uint WireType { get; }

    public bool HasPresence { get; }

    /// <summary>True for lists and maps.</summary>
    public bool IsRepeated { get; }

    public bool IsMap { get; }

    /// <summary>Whether several values may share one length-delimited record.</summary>
    public bool IsPackable => IsRepeated && WireType != Wire.WireType.Delimited;

    /// <summary>The name as JSON: <c>,"name":</c>, to be written from its second byte where it comes first.</summary>
    public byte[] Prefix { get; }

    /// <summary>The prefix and the JSON of an unset field.</summary>
    public byte[] PrefixAndDefault { get; }

    /// <summary>The JSON of an unset field: <c>0</c>, <c>""</c>, <c>[]</c>, the first name of the enum, <c>null</c>.</summary>
    public byte[] DefaultJson { get; }

    private static uint WireTypeOf(FieldType type) => type switch
    {
        FieldType.Double or FieldType.Fixed64 or FieldType.SFixed64 => Wire.WireType.Fixed64,
        FieldType.Float or FieldType.Fixed32 or FieldType.SFixed32 => Wire.WireType.Fixed32,
        FieldType.String or FieldType.Bytes or FieldType.Message => Wire.WireType.Delimited,
        _ => Wire.WireType.Varint,
    };
}
