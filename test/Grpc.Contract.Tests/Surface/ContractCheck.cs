using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Grpc.Contract.Tests.Surface;

/// <summary>
/// Checks that everything which an assembly needs of a contract is there, with the identical signature: what the
/// runtime would find out call by call, found out for all of the assembly at once.
/// </summary>
internal sealed class ContractCheck
{
    private static readonly HashSet<string> ObjectSlots =
        ["String ToString()", "Boolean Equals(Object)", "Int32 GetHashCode()", "Void Finalize()"];

    private readonly MetadataReader _reader;
    private readonly Dictionary<string, ContractAssembly> _contract;
    private readonly List<string> _problems = [];

    private ContractCheck(MetadataReader reader, IEnumerable<ContractAssembly> contract)
    {
        _reader = reader;
        _contract = contract.ToDictionary(assembly => assembly.Name, StringComparer.Ordinal);
    }

    /// <summary>Checks one assembly.</summary>
    /// <param name="path">The file of the assembly that needs the contract.</param>
    /// <param name="contract">The assemblies of the contract. References to others are not looked at.</param>
    public static ContractReport Run(string path, params IEnumerable<ContractAssembly> contract)
    {
        using var image = new PEReader(File.OpenRead(path));
        var check = new ContractCheck(image.GetMetadataReader(), contract);
        check.CheckIdentities();
        var types = check.CheckTypes();
        var members = check.CheckMembers();
        var overrides = check.CheckSlots();
        return new ContractReport(types, members, overrides, check._problems);
    }

    // A strong-named reference binds only to an assembly with the same key and at least the same version.
    private void CheckIdentities()
    {
        foreach (var handle in _reader.AssemblyReferences)
        {
            var wanted = _reader.GetAssemblyReference(handle).GetAssemblyName();
            if (_contract.TryGetValue(wanted.Name!, out var found) &&
                (!wanted.GetPublicKeyToken().AsSpan().SequenceEqual(found.Identity.GetPublicKeyToken()) ||
                 found.Identity.Version < wanted.Version))
            {
                _problems.Add($"assembly {wanted}: found {found.Identity}");
            }
        }
    }

    private int CheckTypes()
    {
        var count = 0;
        foreach (var handle in _reader.TypeReferences)
        {
            if (AssemblyOf(handle) is not { } assembly)
            {
                continue;
            }

            count++;
            var name = SignatureText.NameOf(_reader, handle);
            if (assembly.Find(name) is not { } type)
            {
                _problems.Add($"type {name}: not in {assembly.Name}");
            }
            else if (!type.IsVisible)
            {
                _problems.Add($"type {name}: not public in {assembly.Name}");
            }
        }

        return count;
    }

    private int CheckMembers()
    {
        var count = 0;
        foreach (var handle in _reader.MemberReferences)
        {
            var member = _reader.GetMemberReference(handle);
            if (OwnerOf(member.Parent) is not var (assembly, typeName, type, _))
            {
                continue;
            }

            count++;
            var text = TextOf(member);
            var found = type?.MembersWithBases([]).FirstOrDefault(candidate => candidate.Text == text);
            if (found is null)
            {
                _problems.Add($"member {typeName}: {text}: not in {assembly.Name}");
            }
            else if (!IsAccessible(found))
            {
                _problems.Add($"member {typeName}: {text}: not accessible, {found.Access}");
            }
        }

        return count;
    }

    // Overrides are no references: the runtime matches them by name and signature, drops one that fits no slot without
    // a word, and refuses to load a type that leaves an abstract slot open.
    private int CheckSlots()
    {
        var count = 0;
        foreach (var handle in _reader.TypeDefinitions)
        {
            var type = _reader.GetTypeDefinition(handle);
            var name = SignatureText.NameOf(_reader, handle);
            if (OwnerOf(type.BaseType) is ({ } assembly, _, { } baseType, var arguments))
            {
                count += CheckOverrides(name, type, [.. baseType.MembersWithBases(arguments)]);
            }

            foreach (var implementation in type.GetInterfaceImplementations())
            {
                var contract = OwnerOf(_reader.GetInterfaceImplementation(implementation).Interface);
                if (contract is (_, _, { } interfaceType, var interfaceArguments))
                {
                    count += CheckImplementation(name, type, interfaceType, interfaceArguments);
                }
            }
        }

        return count;
    }

    private int CheckOverrides(string name, TypeDefinition type, ContractMember[] slots)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var handle in type.GetMethods())
        {
            var method = _reader.GetMethodDefinition(handle);
            const MethodAttributes overrides = MethodAttributes.Virtual;
            if ((method.Attributes & (MethodAttributes.Virtual | MethodAttributes.NewSlot)) != overrides)
            {
                continue;
            }

            var text = TextOf(method);
            if (Array.Find(slots, slot => slot.IsVirtual && slot.Text == text) is not { } slot)
            {
                if (!ObjectSlots.Contains(text))
                {
                    _problems.Add($"override {name}: {text}: nothing to override");
                }

                continue;
            }

            taken.Add(text);
            var constraints = ContractType.ConstraintText(_reader, method, []);
            if (constraints != slot.Constraints)
            {
                _problems.Add($"override {name}: {text}: constraints [{constraints}], not [{slot.Constraints}]");
            }
        }

        if (!type.Attributes.HasFlag(TypeAttributes.Abstract))
        {
            _problems.AddRange(slots
                .Where(slot => slot.IsAbstract && !taken.Contains(slot.Text))
                .Select(slot => $"override {name}: {slot.Text}: abstract and not overridden"));
        }

        return taken.Count;
    }

    private int CheckImplementation(
        string name, TypeDefinition type, ContractType contract, ImmutableArray<string> arguments)
    {
        var present = type.GetMethods().Select(_reader.GetMethodDefinition)
            .Where(method => method.Attributes.HasFlag(MethodAttributes.Virtual))
            .Select(TextOf)
            .Concat(type.GetMethodImplementations()
                .Select(handle => _reader.GetMethodImplementation(handle).MethodDeclaration)
                .Where(declaration => declaration.Kind == HandleKind.MemberReference)
                .Select(declaration => _reader.GetMemberReference((MemberReferenceHandle)declaration))
                .Select(member => TextOf(member, arguments)))
            .ToHashSet(StringComparer.Ordinal);
        var slots = contract.Members(arguments).Where(member => member.IsVirtual).ToArray();
        _problems.AddRange(slots
            .Where(slot => slot.IsAbstract && !present.Contains(slot.Text))
            .Select(slot => $"implementation {name}: {contract.Name}: {slot.Text}: not implemented"));
        return slots.Count(slot => present.Contains(slot.Text));
    }

    private (ContractAssembly Assembly, string Name, ContractType? Type, ImmutableArray<string> Arguments)? OwnerOf(
        EntityHandle parent)
    {
        if (parent.IsNil ||
            parent.Kind is not (HandleKind.TypeReference or HandleKind.TypeSpecification) ||
            TypeNames.Open(_reader, parent, []) is not ({ Kind: HandleKind.TypeReference } handle, var arguments) ||
            AssemblyOf((TypeReferenceHandle)handle) is not { } assembly)
        {
            return null;
        }

        var name = SignatureText.NameOf(_reader, (TypeReferenceHandle)handle);
        return (assembly, name, assembly.Find(name), arguments);
    }

    private ContractAssembly? AssemblyOf(TypeReferenceHandle handle)
    {
        var scope = _reader.GetTypeReference(handle).ResolutionScope;
        return scope.Kind switch
        {
            HandleKind.TypeReference => AssemblyOf((TypeReferenceHandle)scope),
            HandleKind.AssemblyReference => _contract.GetValueOrDefault(
                _reader.GetString(_reader.GetAssemblyReference((AssemblyReferenceHandle)scope).Name)),
            _ => null,
        };
    }

    // Protected members are taken for accessible: compilers refer to them from derived types only.
    private static bool IsAccessible(ContractMember member) =>
        member.Access is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem;

    private string TextOf(MemberReference member, ImmutableArray<string> arguments = default)
    {
        var context = arguments.IsDefault ? [] : arguments;
        var name = _reader.GetString(member.Name);
        return member.GetKind() == MemberReferenceKind.Field
            ? SignatureText.OfField(member.DecodeFieldSignature(SignatureText.Instance, context), name)
            : SignatureText.OfMethod(member.DecodeMethodSignature(SignatureText.Instance, context), name);
    }

    private string TextOf(MethodDefinition method) =>
        SignatureText.OfMethod(
            method.DecodeSignature(SignatureText.Instance, []), _reader.GetString(method.Name));
}
