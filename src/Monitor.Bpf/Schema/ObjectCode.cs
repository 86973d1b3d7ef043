using System.Buffers.Binary;
using System.Text;

namespace Monitor.Bpf.Schema;

/// <summary>
/// What the code of an object calls, from a file that <see cref="ElfGuard"/> has let through: places are inside, references
/// lead somewhere.
/// </summary>
internal sealed class ObjectCode
{
    // Of struct bpf_insn (linux/bpf.h): code, registers, offset, immediate.
    private const int InstructionSize = 8;
    private const byte Call = 0x85;
    private const byte LoadImmediate64 = 0x18;
    private const int CallsHelper = 0;
    private const int CallsFunction = 1;

    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;
    private const int RelocationSize = 16;
    private const uint TypeContent = 1;
    private const uint TypeSymbols = 2;
    private const uint TypeRelocations = 9;
    private const int SymbolIsFunction = 2;

    // The verifier of the kernel looks at no more of one program; here it is for all of an object.
    private const int MaximumInstructions = 1_000_000;

    private readonly byte[] _file;
    private readonly SchemaFailure _failure;
    private readonly Dictionary<(int Section, ulong Offset), Symbol> _targets = [];
    private readonly Dictionary<(int Section, ulong Start), Function> _functions = [];
    private readonly Dictionary<string, Function> _byName = [];
    private int _visited;

    internal ObjectCode(byte[] file, SchemaFailure failure)
    {
        _file = file;
        _failure = failure;
        var count = U16(60);
        for (var i = 0; i < count; i++)
        {
            var header = Header(i);
            if (U32(header + 4) == TypeSymbols)
            {
                ReadFunctions(header);
            }
            else if (U32(header + 4) == TypeRelocations)
            {
                ReadRelocations(header);
            }
        }
    }

    /// <summary>What a program and the functions that it calls consist of.</summary>
    /// <exception cref="BpfException">There is no such function, or too much code.</exception>
    internal Calls CallsOf(string program)
    {
        var calls = new Calls();
        var open = new Stack<Function>();
        var seen = new HashSet<Function>();
        open.Push(_byName.TryGetValue(program, out var entry) ? entry : throw _failure.Because($"'{program}' is no function of it"));
        while (open.TryPop(out var function))
        {
            if (seen.Add(function))
            {
                Walk(function, calls, open);
            }
        }

        return calls;
    }

    private void Walk(Function function, Calls calls, Stack<Function> open)
    {
        var start = (int)U64(Header(function.Section) + 24);
        for (var at = function.Start; at + InstructionSize <= function.End; at += InstructionSize)
        {
            if (++_visited > MaximumInstructions)
            {
                throw _failure.Because($"its programs have more than {MaximumInstructions} instructions");
            }

            calls.Instructions++;
            var instruction = start + (int)at;
            var (code, source, immediate) = (_file[instruction], _file[instruction + 1] >> 4, (int)U32(instruction + 4));
            var isTarget = _targets.TryGetValue((function.Section, at), out var target);
            if (code == Call && source == CallsHelper)
            {
                calls.Helpers.Add(immediate);
            }
            else if (code == Call && isTarget && target.Section == 0)
            {
                calls.KernelFunctions.Add(SchemaFailure.IsIdentifier(target.Name)
                    ? target.Name
                    : throw _failure.Because("it calls a function of the kernel whose name is none in C"));
            }
            else if (code == Call && source == CallsFunction)
            {
                // Relative to the next instruction; behind a relocation, to where the symbol is.
                var relative = (immediate + 1L) * InstructionSize;
                Enter(isTarget ? target.Section : function.Section, (isTarget ? (long)target.Value : (long)at) + relative, open);
            }
            else if (code == LoadImmediate64)
            {
                // It takes two places. A function here is one that a helper calls back.
                if (isTarget && target.Section != 0)
                {
                    Enter(target.Section, (long)target.Value + immediate, open);
                }

                at += InstructionSize;
                calls.Instructions++;
            }
        }
    }

    // Where no function begins, it is data, or code that libbpf will refuse.
    private void Enter(int section, long start, Stack<Function> open)
    {
        if (_functions.TryGetValue((section, (ulong)start), out var function))
        {
            open.Push(function);
        }
    }

    private void ReadFunctions(int header)
    {
        var (offset, size) = ((int)U64(header + 24), (int)U64(header + 32));
        for (var at = offset; at < offset + size; at += SymbolSize)
        {
            var symbol = SymbolAt(at, header);
            if ((_file[at + 4] & 0xF) == SymbolIsFunction
                && symbol.Section is > 0 and < 0xFF00
                && U32(Header(symbol.Section) + 4) == TypeContent)
            {
                var function = new Function(symbol.Section, symbol.Value, symbol.Value + U64(at + 16));
                _functions.TryAdd((function.Section, function.Start), function);
                _byName.TryAdd(symbol.Name, function);
            }
        }
    }

    private void ReadRelocations(int header)
    {
        var (offset, size, section) = ((int)U64(header + 24), (int)U64(header + 32), (int)U32(header + 44));
        var symbols = Header((int)U32(header + 40));
        for (var at = offset; at < offset + size; at += RelocationSize)
        {
            var symbol = (int)(U64(at + 8) >> 32);
            _targets.TryAdd((section, U64(at)), SymbolAt((int)U64(symbols + 24) + (symbol * SymbolSize), symbols));
        }
    }

    private Symbol SymbolAt(int at, int symbolsHeader)
    {
        var strings = Header((int)U32(symbolsHeader + 40));
        var names = _file.AsSpan((int)U64(strings + 24), (int)U64(strings + 32))[(int)U32(at)..];
        names = names[..Math.Min(names.IndexOf((byte)0), SchemaFailure.MaximumNameBytes + 1)];
        return new Symbol(Encoding.UTF8.GetString(names), U16(at + 6), U64(at + 8));
    }

    private int Header(int section) => (int)U64(40) + (section * SectionHeaderSize);

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan(at));

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_file.AsSpan(at));

    private ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_file.AsSpan(at));

    /// <summary>What was found; without duplicates.</summary>
    internal sealed class Calls
    {
        internal int Instructions { get; set; }

        internal HashSet<int> Helpers { get; } = [];

        internal HashSet<string> KernelFunctions { get; } = [];
    }

    private readonly record struct Symbol(string Name, int Section, ulong Value);

    private readonly record struct Function(int Section, ulong Start, ulong End);
}
