using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;

namespace Grpc.Contract.Tests.Surface;

/// <summary>A type of a contract assembly.</summary>
internal sealed class ContractType
{
    private readonly ContractAssembly _assembly;
    private readonly TypeDefinition _type;

    public ContractType(ContractAssembly assembly, string name, TypeDefinitionHandle handle)
    {
        _assembly = assembly;
        _type = assembly.Reader.GetTypeDefinition(handle);
        Name = name;
    }

    public string Name { get; }

    public bool IsVisible => (_type.Attributes & TypeAttributes.VisibilityMask) is
        TypeAttributes.Public or TypeAttributes.NestedPublic or TypeAttributes.NestedFamily
        or TypeAttributes.NestedFamORAssem;

    /// <summary>The members of the type itself.</summary>
    /// <param name="arguments">What to write for its type parameters; empty to leave them.</param>
    public IEnumerable<ContractMember> Members(ImmutableArray<string> arguments)
    {
        var reader = _assembly.Reader;
        foreach (var handle in _type.GetMethods())
        {
            var method = reader.GetMethodDefinition(handle);
            yield return new ContractMember(
                SignatureText.OfMethod(
                    method.DecodeSignature(SignatureText.Instance, arguments), reader.GetString(method.Name)),
                method.Attributes & MethodAttributes.MemberAccessMask,
                method.Attributes.HasFlag(MethodAttributes.Virtual),
                method.Attributes.HasFlag(MethodAttributes.Abstract),
                ConstraintText(reader, method, arguments));
        }

        foreach (var handle in _type.GetFields())
        {
            var field = reader.GetFieldDefinition(handle);
            yield return new ContractMember(
                SignatureText.OfField(
                    field.DecodeSignature(SignatureText.Instance, arguments), reader.GetString(field.Name)),
                (MethodAttributes)(field.Attributes & FieldAttributes.FieldAccessMask),
                IsVirtual: false,
                IsAbstract: false,
                Constraints: "");
        }
    }

    /// <summary>The members of the type and of its bases within the contract; the bases' come last.</summary>
    /// <param name="arguments">What to write for its type parameters; empty to leave them.</param>
    public IEnumerable<ContractMember> MembersWithBases(ImmutableArray<string> arguments)
    {
        foreach (var member in Members(arguments))
        {
            yield return member;
        }

        if (_assembly.FindBase(_type, arguments) is var (baseType, baseArguments))
        {
            foreach (var member in baseType.MembersWithBases(baseArguments))
            {
                yield return member;
            }
        }
    }

    public static string ConstraintText(
        MetadataReader reader, MethodDefinition method, ImmutableArray<string> arguments) =>
        string.Join("; ", method.GetGenericParameters().Select(handle =>
        {
            var parameter = reader.GetGenericParameter(handle);
            var types = parameter.GetConstraints()
                .Select(c => TypeNames.Of(reader, reader.GetGenericParameterConstraint(c).Type, arguments));
            return $"{parameter.Attributes} {string.Join(", ", types.Order(StringComparer.Ordinal))}";
        }));
}
