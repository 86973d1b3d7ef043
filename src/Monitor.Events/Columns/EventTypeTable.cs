using System.Text;

namespace Monitor.Events;

/// <summary>
/// Numbers for the event types of one log, so that they fit in a column of one byte. Types after the 254th, and names
/// above 64 bytes, share the number <see cref="Other"/>; the encoded bytes distinguish them. Any thread.
/// </summary>
public sealed class EventTypeTable
{
    /// <summary>Stands for every type that has no number of its own.</summary>
    public const byte Other = 255;

    private const int MaxTypes = 254;
    private const int MaxNameBytes = 64;

    // At most half full: 254 entries in 512 slots, with 0 for an empty one.
    private const int Slots = 512;

    private readonly Lock _adding = new();
    private readonly byte[] _slots = new byte[Slots];
    private readonly byte[][] _names = new byte[MaxTypes + 1][];
    private int _count;

    /// <summary>How many types have a number: they are 1 to this. Grows only.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The number of a type. A type without a number gets one.</summary>
    public byte GetOrAdd(ReadOnlySpan<byte> utf8)
    {
        var id = Find(utf8);
        return id != 0 ? id : Add(utf8);
    }

    /// <inheritdoc cref="GetOrAdd(ReadOnlySpan{byte})"/>
    public byte GetOrAdd(string name) => GetOrAdd(Encoding.UTF8.GetBytes(name));

    /// <summary>The type with this number; null for <see cref="Other"/> and for numbers without a type.</summary>
    public string? Name(byte id) => id >= 1 && id <= Count ? Encoding.UTF8.GetString(_names[id]) : null;

    /// <summary>The type with a number that is not above <see cref="Count"/>.</summary>
    internal ReadOnlySpan<byte> Utf8(byte id) => _names[id];

    /// <summary>The number of a type; 0 if it has none.</summary>
    internal byte Find(ReadOnlySpan<byte> utf8)
    {
        for (var slot = NameHash.Of(utf8) % Slots; ; slot = (slot + 1) % Slots)
        {
            // The name is written before its number is.
            var id = Volatile.Read(ref _slots[slot]);
            if (id == 0 || utf8.SequenceEqual(_names[id]))
            {
                return id;
            }
        }
    }

    private byte Add(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxNameBytes || Count == MaxTypes)
        {
            return Other;
        }

        lock (_adding)
        {
            var id = Find(utf8);
            if (id != 0)
            {
                return id;
            }

            if (_count == MaxTypes)
            {
                return Other;
            }

            id = (byte)(_count + 1);
            _names[id] = utf8.ToArray();
            var slot = NameHash.Of(utf8) % Slots;
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) % Slots;
            }

            // The count first: a reader that finds the number can also find the name.
            Volatile.Write(ref _count, id);
            Volatile.Write(ref _slots[slot], id);
            return id;
        }
    }
}
