using System.Buffers.Binary;
using System.Net;
using System.Text;
using Monitor.Bpf.Schema;

namespace Monitor.Bpf.Tests;

/// <summary>A record with its fields by name.</summary>
internal sealed class DecodedRecord(RecordSchema schema, byte[] bytes)
{
    internal ulong Number(string name)
    {
        var field = Field(name);
        var at = Bytes(name);
        return field.Size switch
        {
            1 => at[0],
            2 => field.Kind == FieldKind.NetworkPort
                ? BinaryPrimitives.ReadUInt16BigEndian(at)
                : BinaryPrimitives.ReadUInt16LittleEndian(at),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(at),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(at),
        };
    }

    internal string Text(string name)
    {
        var text = Bytes(name);
        var end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }

    internal string EnumName(string name) => Field(name).Names![(long)Number(name)];

    internal IPAddress Address(string name)
    {
        var address = new IPAddress(Bytes(name));
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    private RecordField Field(string name) => schema.Fields.Single(f => f.Name == name);

    private ReadOnlySpan<byte> Bytes(string name)
    {
        var field = Field(name);
        return bytes.AsSpan(field.BitOffset / 8, field.Size * field.Count);
    }
}
