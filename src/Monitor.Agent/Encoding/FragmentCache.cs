using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Monitor.Protocol;

namespace Monitor.Agent.Encoding;

/// <summary>Makes the encoded fields that stand for a key, and what the log's columns want of them (or 0).</summary>
internal delegate uint FragmentFactory(scoped ReadOnlySpan<byte> key, ref WireWriter writer);

/// <summary>
/// Encoded fields of things that repeat (an address, a command), by their bytes in the record. Direct-mapped: a key that
/// meets another in its slot takes it over, so that the memory is fixed and a miss costs the making and nothing else.
/// One thread.
/// </summary>
internal sealed class FragmentCache
{
    // Longest key: an address and a port. Longest fragment: the fields of an IPv6 destination, 110 bytes.
    private const int MaxKeyBytes = 18;
    private const int MaxFragmentBytes = 128;

    private readonly FragmentFactory _factory;
    private readonly int _slotMask;
    private readonly Slot[] _slots;
    private readonly byte[] _fragments;

    /// <param name="slots">A power of two.</param>
    /// <param name="factory">Writes at most 128 bytes.</param>
    public FragmentCache(int slots, FragmentFactory factory)
    {
        _factory = factory;
        _slotMask = slots - 1;
        _slots = new Slot[slots];
        _fragments = new byte[slots * MaxFragmentBytes];
    }

    /// <summary>The fields for a key of 16 or 18 bytes; valid until the next call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Get(scoped ReadOnlySpan<byte> key, out uint hash)
    {
        var low = BinaryPrimitives.ReadUInt64LittleEndian(key);
        var high = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
        // No port is not port 0.
        var extra = key.Length == MaxKeyBytes ? 0x10000u | BinaryPrimitives.ReadUInt16LittleEndian(key[16..]) : 0u;
        // The multiplier is the fractional part of the golden ratio: neighbours end up far apart.
        var mixed = (low ^ BitOperations.RotateLeft(high, 29) ^ extra) * 0x9e3779b97f4a7c15;
        var index = (int)(mixed >> 40) & _slotMask;
        ref var slot = ref _slots[index];
        if (slot.Length == 0 || slot.Low != low || slot.High != high || slot.Extra != extra)
        {
            Make(key, index, low, high, extra);
        }

        hash = slot.Hash;
        return _fragments.AsSpan(index * MaxFragmentBytes, slot.Length);
    }

    private void Make(scoped ReadOnlySpan<byte> key, int index, ulong low, ulong high, uint extra)
    {
        var writer = new WireWriter(_fragments.AsSpan(index * MaxFragmentBytes, MaxFragmentBytes));
        var hash = _factory(key, ref writer);
        _slots[index] = new Slot { Low = low, High = high, Extra = extra, Length = writer.Length, Hash = hash };
    }

    private struct Slot
    {
        public ulong Low;
        public ulong High;
        public uint Extra;
        public int Length;
        public uint Hash;
    }
}
