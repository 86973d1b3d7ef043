using System.Globalization;
using Monitor.Bpf.Kernel;
using Text = System.Text.Encoding;

namespace Monitor.Agent.Custom;

/// <summary>Names of the kernel's functions as events have them, by addresses in them. One thread.</summary>
internal sealed class SymbolTexts
{
    private const int MaxKept = 4096;

    private readonly KernelSymbols _symbols = new();
    private readonly Dictionary<ulong, byte[]> _known = [];
    private int _generation;

    /// <summary>Reads the kernel's table: a tenth of a second.</summary>
    public void Prepare() => _ = _symbols.IsAvailable;

    /// <summary>The function that an address lies in, with the offset; where there is none, the address in hexadecimal.</summary>
    public byte[] Of(ulong address)
    {
        if (_generation != _symbols.Generation)
        {
            _generation = _symbols.Generation;
            _known.Clear();
        }

        if (_known.TryGetValue(address, out var known))
        {
            return known;
        }

        var text = _symbols.Resolve(address) ?? string.Create(CultureInfo.InvariantCulture, $"0x{address:x}");
        var bytes = Text.UTF8.GetBytes(text.Length <= FieldPlan.MaxSymbolBytes ? text : text[..FieldPlan.MaxSymbolBytes]);
        if (_known.Count < MaxKept)
        {
            _known[address] = bytes;
        }

        return bytes;
    }
}
