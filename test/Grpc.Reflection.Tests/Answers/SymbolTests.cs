using Grpc.Reflection.V1;

namespace Grpc.Reflection.Tests.Answers;

public sealed class SymbolTests(ReflectionVersion version) : ReflectionTests(version)
{
    [TestCase("library.v1.Library", "library.proto", TestName = "Symbol_Service_IsFound")]
    [TestCase("library.v1.Library.GetBook", "library.proto", TestName = "Symbol_Method_IsFound")]
    [TestCase("library.v1.GetBookRequest", "library.proto", TestName = "Symbol_Message_IsFound")]
    [TestCase("library.v1.GetBookRequest.title", "library.proto", TestName = "Symbol_Field_IsFound")]
    [TestCase("library.v1.Book.Chapter", "book.proto", TestName = "Symbol_NestedMessage_IsFound")]
    [TestCase("library.v1.Book.Chapter.Kind", "book.proto", TestName = "Symbol_NestedEnum_IsFound")]
    [TestCase("library.v1.Book.Chapter.KIND_APPENDIX", "book.proto", TestName = "Symbol_NestedEnumValue_IsFound")]
    [TestCase("library.v1.Book.identity", "book.proto", TestName = "Symbol_Oneof_IsFound")]
    [TestCase("library.v1.Book.NotesEntry", "book.proto", TestName = "Symbol_MapEntry_IsFound")]
    [TestCase("library.v1.Material", "binding.proto", TestName = "Symbol_Enum_IsFound")]
    [TestCase("library.v1.MATERIAL_LEATHER", "binding.proto", TestName = "Symbol_EnumValue_IsFound")]
    [TestCase("library.v1.clasp", "binding.proto", TestName = "Symbol_Extension_IsFound")]
    [TestCase("library.v1.Workshop.stitches", "binding.proto", TestName = "Symbol_NestedExtension_IsFound")]
    public async Task Symbol_Declared_IsFound(string symbol, string file)
    {
        var response = await AskAsync(new ServerReflectionRequest { FileContainingSymbol = symbol });

        Assert.That(NamesOf(response)[0], Is.EqualTo($"library/v1/{file}"));
    }

    [TestCase("grpc.reflection.v1.ServerReflection", "grpc/reflection/v1/reflection.proto")]
    [TestCase("grpc.reflection.v1alpha.ServerReflection", "grpc/reflection/v1alpha/reflection.proto")]
    [TestCase("google.protobuf.Timestamp", "google/protobuf/timestamp.proto")]
    public async Task Symbol_OfOthers_IsFound(string symbol, string file)
    {
        var response = await AskAsync(new ServerReflectionRequest { FileContainingSymbol = symbol });

        Assert.That(NamesOf(response)[0], Is.EqualTo(file));
    }

    [TestCase("")]
    [TestCase("library.v1")]
    [TestCase(".library.v1.Library")]
    [TestCase("library.v1.library")]
    [TestCase("library.v1.Library.")]
    [TestCase("library.v1.Material.MATERIAL_LEATHER")]
    [TestCase("\ud83d\ude00")]
    public async Task Symbol_Unknown_IsNotFound(string symbol) =>
        AssertNotFound(await AskAsync(new ServerReflectionRequest { FileContainingSymbol = symbol }));
}
