using System.Runtime.CompilerServices;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;

/// <summary>
/// What reading and writing a message as JSON needs of its descriptor, laid out for a walk over its bytes. Built once per
/// message type by <see cref="SchemaCache"/>, immutable afterwards.
/// </summary>
internal sealed class MessageSchema(MessageDescriptor descriptor)
{
    // Field numbers below this are found by index. Larger ones are rare; they take a dictionary.
    private const int DenseNumbers = 256;

    private short[] _dense = [];
    private Dictionary<int, int>? _sparse;
    private Dictionary<string, FieldSchema> _byName = [];

    public MessageDescriptor Descriptor { get; } = descriptor;

    public WellKnownType WellKnown { get; } = WellKnownTypes.Of(descriptor);

    /// <summary>Fields in the order of their numbers, which is the order in which JSON shows them.</summary>
    public FieldSchema[] Fields { get; private set; } = [];

    /// <summary>How many oneofs the message has, those of <c>optional</c> fields not counted.</summary>
    public int OneofCount { get; private set; }

    /// <summary>Index in <see cref="Fields"/> of a field number, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IndexOf(uint number)
    {
        var dense = _dense;
        if (number < (uint)dense.Length)
        {
            return dense[number];
        }

        return _sparse is not null && _sparse.TryGetValue((int)number, out var index) ? index : -1;
    }

    /// <summary>
    /// The field of a JSON name or, where no JSON name is like it, of a proto name; null where there is none.
    /// </summary>
    public FieldSchema? Find(ReadOnlySpan<char> name) =>
        _byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var field) ? field : null;

    /// <summary>Sets the fields, after the schema is known to the cache: messages may contain themselves.</summary>
    public void Complete(FieldSchema[] fields, int oneofCount, bool ignoreCase)
    {
        Fields = fields;
        OneofCount = oneofCount;
        _byName = new(ignoreCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (var field in fields)
        {
            _byName[field.Descriptor.Name] = field;
        }

        // After all proto names: a JSON name wins over another field's proto name.
        foreach (var field in fields)
        {
            _byName[field.Descriptor.JsonName] = field;
        }

        var largest = fields.Where(f => f.Number < DenseNumbers).Select(f => f.Number).DefaultIfEmpty(-1).Max();
        _dense = new short[largest + 1];
        Array.Fill(_dense, (short)-1);
        foreach (var field in fields)
        {
            if (field.Number < DenseNumbers)
            {
                _dense[field.Number] = (short)field.Index;
            }
            else
            {
                (_sparse ??= [])[field.Number] = field.Index;
            }
        }
    }
}
