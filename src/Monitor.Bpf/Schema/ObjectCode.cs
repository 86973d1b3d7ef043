using System.Buffers.Binary;
using System.Text;
using Monitor.Bpf.Btf;

namespace Monitor.Bpf.Schema;

/// <summary>
/// What the code of an object calls, from a file that <see cref="ElfGuard"/> has let through: places are inside, references
/// lead somewhere. It reads as libbpf does, which ends elsewhere where something is there twice, overlaps, or leads into the middle
/// of a function: what no compiler writes is refused.
/// </summary>
internal sealed class ObjectCode
{
    // Of struct bpf_insn (linux/bpf.h): code, registers (the source in the upper half), offset, immediate.
    private const int InstructionSize = 8;
    private const byte Call = 0x85;
    private const byte LoadImmediate64 = 0x18;
    private const int CallsHelper = 0;
    private const int CallsFunction = 0x10;

    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;
    private const int RelocationSize = 16;
    private const uint TypeContent = 1;
    private const uint TypeSymbols = 2;
    private const uint TypeRelocations = 9;
    private const ulong FlagCode = 4;
    private const int SymbolIsFunction = 2;
    private const int ReservedSections = 0xFF00;
    private const int MaximumText = 512;

    // libbpf looks for functions that are called nowhere else.
    private const string FunctionsSection = ".text";
    private const string TypesSection = ".BTF.ext";

    // The verifier of the kernel looks at no more of one program; here it is for all of an object.
    private const int MaximumInstructions = 1_000_000;

    private readonly byte[] _file;
    private readonly SchemaFailure _failure;
    private readonly Dictionary<(int Section, ulong Offset), Symbol> _targets = [];
    private readonly Dictionary<(int Section, ulong Start), Function> _functions = [];
    private readonly Dictionary<string, Function> _byName = [];
    private readonly HashSet<(string Section, uint Offset)> _adjusted = [];
    private readonly int _functionsSection;
    private int _visited;

    /// <param name="file">The file.</param>
    /// <param name="types">Its types, or null where it has none.</param>
    /// <param name="failure">Makes what is thrown.</param>
    /// <exception cref="BpfException">It has functions or relocations that are not what a compiler writes.</exception>
    internal ObjectCode(byte[] file, BtfTypes? types, SchemaFailure failure)
    {
        _file = file;
        _failure = failure;

        // The first is none: ElfGuard has seen that it is empty.
        var sections = Enumerable.Range(1, U16(60) - 1).ToList();
        foreach (var section in sections.Where(section => IsCode(section) && SectionName(section) == FunctionsSection))
        {
            _functionsSection = _functionsSection == 0 ? section : throw _failure.Because($"it has two sections {FunctionsSection}");
        }

        foreach (var section in sections)
        {
            var header = Header(section);
            if (U32(header + 4) == TypeSymbols)
            {
                ReadFunctions(header);
            }
            else if (U32(header + 4) == TypeRelocations && IsCode((int)U32(header + 44)))
            {
                ReadRelocations(section);
            }
            else if (U32(header + 4) == TypeContent && types is not null && SectionName(section) == TypesSection)
            {
                var content = _file.AsSpan((int)U64(header + 24), (int)U64(header + 32));
                _adjusted.UnionWith(CoreRelocations.Read(content, types, failure));
            }
        }

        CheckThatFunctionsLieApart();
    }

    /// <summary>What a program and the functions that it calls consist of.</summary>
    /// <exception cref="BpfException">There is no such function, or too much code.</exception>
    internal Calls CallsOf(string program)
    {
        var calls = new Calls(program);
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
        var section = SectionName(function.Section);
        for (var at = function.Start; at + InstructionSize <= function.End; at += InstructionSize)
        {
            if (++_visited > MaximumInstructions)
            {
                throw _failure.Because($"its programs have more than {MaximumInstructions} instructions");
            }

            calls.Instructions++;
            Symbol? target = _targets.TryGetValue((function.Section, at), out var found) ? found : null;
            if (target is not null && _adjusted.Contains((section, (uint)at)))
            {
                throw Refuse(calls, "has a CO-RE relocation where it refers to a function or variable, which changes what is referred to");
            }

            var code = _file[start + (int)at];
            if (IsCall(code))
            {
                WalkCall(function, at, target, calls, open);
            }
            else if (code == LoadImmediate64)
            {
                // It takes two places.
                WalkLoad(function, at, target, calls, open);
                at += InstructionSize;
                calls.Instructions++;
            }
        }
    }

    private void WalkCall(Function function, ulong at, Symbol? target, Calls calls, Stack<Function> open)
    {
        var instruction = (int)(U64(Header(function.Section) + 24) + at);
        var (code, registers, offset) = (_file[instruction], _file[instruction + 1], U16(instruction + 2));
        var immediate = (int)U32(instruction + 4);

        // A relocation makes it what it is, whatever is written there.
        if (code == Call && target is { Section: 0, Name: var name })
        {
            calls.KernelFunctions.Add(SchemaFailure.IsIdentifier(name)
                ? name
                : throw Refuse(calls, "calls a function of the kernel whose name is none in C"));
        }
        else if (code == Call && target is null && registers == CallsHelper)
        {
            calls.Helpers.Add(immediate);
        }
        else if (code == Call && registers == CallsFunction && offset == 0)
        {
            // Relative to the next instruction; behind a relocation, to where the symbol is.
            var relative = (immediate + 1L) * InstructionSize;
            Enter(target?.Section ?? function.Section, (long)(target?.Value ?? at) + relative, calls, open);
        }
        else
        {
            throw Refuse(calls, "has a call that is neither one of a helper by its number nor one of a function by its name");
        }
    }

    private void WalkLoad(Function function, ulong at, Symbol? target, Calls calls, Stack<Function> open)
    {
        var instruction = (int)(U64(Header(function.Section) + 24) + at);
        if (at + (2 * InstructionSize) > function.End || _file[instruction + InstructionSize] != 0)
        {
            throw Refuse(calls, "has half an instruction");
        }

        // Maps and functions are named by relocations. A number would be that of something of whoever loads it.
        if (_file[instruction + 1] >> 4 != 0)
        {
            throw Refuse(calls, "refers to a map or function by a number");
        }

        // A function here is one that a helper calls back.
        if (target is { Section: > 0 and < ReservedSections } symbol && IsCode(symbol.Section))
        {
            Enter(symbol.Section, (long)symbol.Value + (int)U32(instruction + 4), calls, open);
        }
    }

    // libbpf takes the function that a place is in, and calls its start.
    private void Enter(int section, long start, Calls calls, Stack<Function> open)
    {
        if (section != _functionsSection || !_functions.TryGetValue((section, (ulong)start), out var function))
        {
            throw Refuse(calls, $"calls a place where no function of section {FunctionsSection} begins");
        }

        open.Push(function);
    }

    private void ReadFunctions(int header)
    {
        var (offset, size) = ((int)U64(header + 24), (int)U64(header + 32));
        for (var at = offset; at < offset + size; at += SymbolSize)
        {
            var symbol = SymbolAt(at, header);
            if ((_file[at + 4] & 0xF) == SymbolIsFunction && symbol.Section is > 0 and < ReservedSections && IsCode(symbol.Section))
            {
                var function = new Function(symbol.Section, symbol.Value, symbol.Value + U64(at + 16));
                if (!_byName.TryAdd(symbol.Name, function))
                {
                    throw _failure.Because("it has two functions of one name");
                }

                if (!_functions.TryAdd((function.Section, function.Start), function))
                {
                    throw _failure.Because("it has two functions that begin at one place");
                }
            }
        }
    }

    // Of a place in two functions, libbpf gives the relocation to one of them.
    private void CheckThatFunctionsLieApart()
    {
        Function? before = null;
        foreach (var function in _functions.Values.OrderBy(function => function.Section).ThenBy(function => function.Start))
        {
            if (before is { } earlier && earlier.Section == function.Section && function.Start < earlier.End)
            {
                throw _failure.Because("it has functions that overlap");
            }

            before = function;
        }
    }

    private void ReadRelocations(int relocations)
    {
        var header = Header(relocations);
        var (offset, size, section) = ((int)U64(header + 24), (int)U64(header + 32), (int)U32(header + 44));

        // libbpf leaves some out by their names.
        if (SectionName(relocations) != $".rel{SectionName(section)}")
        {
            throw _failure.Because("it has relocations of code in a section that is not called .rel and the name of the code's section");
        }

        var symbols = Header((int)U32(header + 40));
        for (var at = offset; at < offset + size; at += RelocationSize)
        {
            var symbol = (int)(U64(at + 8) >> 32);
            if (!_targets.TryAdd((section, U64(at)), SymbolAt((int)U64(symbols + 24) + (symbol * SymbolSize), symbols)))
            {
                throw _failure.Because("it has two relocations at one place");
            }
        }
    }

    private BpfException Refuse(Calls calls, string why) => _failure.Because($"program '{calls.Program}' {why}");

    // BPF_CALL of either class (JMP, JMP32), with whatever else.
    private static bool IsCall(byte code) => (code & 0xF0) == (Call & 0xF0) && (code & 7) is 5 or 6;

    private bool IsCode(int section) =>
        U32(Header(section) + 4) == TypeContent && (U64(Header(section) + 8) & FlagCode) != 0;

    private string SectionName(int section) => Text(U32(Header(section)), Header(U16(62)));

    private Symbol SymbolAt(int at, int symbolsHeader) =>
        new(Text(U32(at), Header((int)U32(symbolsHeader + 40))), U16(at + 6), U64(at + 8));

    // Of a name that is too long, enough to see that.
    private string Text(uint at, int stringsHeader)
    {
        var names = _file.AsSpan((int)U64(stringsHeader + 24), (int)U64(stringsHeader + 32))[(int)at..];
        names = names[..Math.Min(names.Length, MaximumText)];
        return Encoding.UTF8.GetString(names.IndexOf((byte)0) is >= 0 and var length ? names[..length] : names);
    }

    private int Header(int section) => (int)U64(40) + (section * SectionHeaderSize);

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan(at));

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_file.AsSpan(at));

    private ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_file.AsSpan(at));

    /// <summary>What was found; without duplicates.</summary>
    internal sealed class Calls(string program)
    {
        internal string Program => program;

        internal int Instructions { get; set; }

        internal HashSet<int> Helpers { get; } = [];

        internal HashSet<string> KernelFunctions { get; } = [];
    }

    private readonly record struct Symbol(string Name, int Section, ulong Value);

    private readonly record struct Function(int Section, ulong Start, ulong End);
}
