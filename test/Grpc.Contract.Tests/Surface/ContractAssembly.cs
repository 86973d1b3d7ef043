using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Grpc.Contract.Tests.Surface;

/// <summary>An assembly that others are checked against.</summary>
internal sealed class ContractAssembly : IDisposable
{
    private readonly PEReader _image;
    private readonly Dictionary<string, ContractType> _types;

    public ContractAssembly(Stream image)
    {
        _image = new PEReader(image);
        Reader = _image.GetMetadataReader();
        _types = Reader.TypeDefinitions.ToDictionary(
            handle => SignatureText.NameOf(Reader, handle),
            handle => new ContractType(this, SignatureText.NameOf(Reader, handle), handle));
        Identity = Reader.GetAssemblyDefinition().GetAssemblyName();
    }

    public MetadataReader Reader { get; }

    public AssemblyName Identity { get; }

    public string Name => Identity.Name!;

    public ContractType? Find(string typeName) => _types.GetValueOrDefault(typeName);

    public (ContractType Type, ImmutableArray<string> Arguments)? FindBase(
        TypeDefinition type, ImmutableArray<string> arguments)
    {
        if (type.BaseType.IsNil)
        {
            return null;
        }

        var (handle, baseArguments) = TypeNames.Open(Reader, type.BaseType, arguments);
        return handle.Kind == HandleKind.TypeDefinition && Find(TypeNames.Of(Reader, handle, [])) is { } found
            ? (found, baseArguments)
            : null;
    }

    public void Dispose() => _image.Dispose();
}
