using Grpc.Reflection.Tests.Protos;

namespace Grpc.Reflection.Tests.Answers;

public sealed class SymbolRegistryTests
{
    private readonly SymbolRegistry _registry = SymbolRegistry.FromFiles([LibraryReflection.Descriptor]);

    [Test]
    public void FileByName_OfFileOrImport_IsThatFile() => Assert.Multiple(() =>
    {
        Assert.That(_registry.FileByName("library/v1/library.proto"), Is.SameAs(LibraryReflection.Descriptor));
        Assert.That(_registry.FileByName("library/v1/binding.proto"), Is.SameAs(BindingReflection.Descriptor));
    });

    [Test]
    public void FileContainingSymbol_OfFileOrImport_IsThatFile() => Assert.Multiple(() =>
    {
        Assert.That(_registry.FileContainingSymbol("library.v1.Library"), Is.SameAs(LibraryReflection.Descriptor));
        Assert.That(_registry.FileContainingSymbol("library.v1.Binding"), Is.SameAs(BindingReflection.Descriptor));
    });

    [Test]
    public void Lookup_OfTheUnknown_IsNull() => Assert.Multiple(() =>
    {
        Assert.That(_registry.FileByName("library.proto"), Is.Null);
        Assert.That(_registry.FileContainingSymbol("Library"), Is.Null);
    });

    [Test]
    public void FromFiles_OfNothing_KnowsNothing() =>
        Assert.That(SymbolRegistry.FromFiles([]).FileContainingSymbol("library.v1.Library"), Is.Null);
}
