using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Grpc.Contract.Tests.Surface;

/// <summary>What a handle of any kind of type stands for.</summary>
internal static class TypeNames
{
    public static string Of(MetadataReader reader, EntityHandle handle, ImmutableArray<string> arguments) =>
        handle.Kind switch
        {
            HandleKind.TypeReference => SignatureText.NameOf(reader, (TypeReferenceHandle)handle),
            HandleKind.TypeDefinition => SignatureText.NameOf(reader, (TypeDefinitionHandle)handle),
            HandleKind.TypeSpecification =>
                reader.GetTypeSpecification((TypeSpecificationHandle)handle)
                    .DecodeSignature(SignatureText.Instance, arguments),
            _ => throw new BadImageFormatException($"A {handle.Kind} is no type."),
        };

    /// <summary>
    /// The type itself of what may be an instance of a generic type, and the arguments of that instance. Nil for arrays
    /// and type parameters.
    /// </summary>
    public static (EntityHandle Type, ImmutableArray<string> Arguments) Open(
        MetadataReader reader, EntityHandle handle, ImmutableArray<string> context)
    {
        if (handle.Kind != HandleKind.TypeSpecification)
        {
            return (handle, []);
        }

        // ECMA-335 II.23.2.14: GENERICINST (CLASS | VALUETYPE) TypeDefOrRef GenArgCount Type*
        var blob = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)handle).Signature);
        if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
        {
            return (default, []);
        }

        _ = blob.ReadByte();
        var type = blob.ReadTypeHandle();
        var count = blob.ReadCompressedInteger();
        var decoder = new SignatureDecoder<string, ImmutableArray<string>>(SignatureText.Instance, reader, context);
        var arguments = ImmutableArray.CreateBuilder<string>(count);
        for (var i = 0; i < count; i++)
        {
            arguments.Add(decoder.DecodeType(ref blob));
        }

        return (type, arguments.ToImmutable());
    }
}
